/** A daemon that is killed comes back where it was: nothing it acknowledged is lost, nothing is done twice. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { fromHex } from '../../src/base/bytes.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { s1rig, start } from '../helpers/cli.ts'
import { freePort } from '../helpers/free-port.ts'
import { DUAL_FUEL, inMemory, temporaryFolder } from '../helpers/migration.ts'
import { Outsider } from '../helpers/outsider.ts'

const { testKeys } = parse(readFileSync(DUAL_FUEL, 'utf8'))
const HUB = '00db1234567890a1'
const AT = [{ apn: 'newcastle', ip: '10.20.0.11' }]

/** A folder for everything of one rig, and its daemon with our own broker at a port that stays. */
async function daemon(more: readonly string[] = []) {
  const folder = temporaryFolder()
  const [state, logins, port] = [join(folder, 'state'), join(folder, 'logins.json'), await freePort()]
  const args = ['up', inMemory(), '--clock', 'x60', '--state', state, '--logins', logins, '--mqtt-port', String(port)]
  const life = async (others: readonly string[] = []) => {
    const running = start([...args, ...more, ...others])
    await running.says(/up; Ctrl-C stops/)
    return running
  }
  const outsider = async () => {
    const smso = { username: 'smso', password: String(JSON.parse(readFileSync(logins, 'utf8')).smso) }
    const url = `mqtt://127.0.0.1:${port}`
    const made = await Outsider.at({
      url,
      login: smso,
      originator: 'smso',
      key: fromHex(testKeys.smso),
      hub: HUB,
      at: AT,
    })
    onTestFinished(() => made.end())
    return made
  }
  return { folder, state, life, outsider, args }
}

test('killed five times while somebody changes its whitelist, it has every change it acknowledged, once', async () => {
  const random = new SeededRandom('kills of a daemon').stream('moments')
  const { life, outsider } = await daemon()
  let running = await life()
  const smso = await outsider()
  const working = smso.work()
  for (let kills = 1; kills <= 5; kills++) {
    const before = smso.answered
    await expect.poll(() => smso.answered, { timeout: 20_000 }).toBeGreaterThan(before + 3)
    await pause(random.int(100))
    running.child.kill('SIGKILL')
    await running.ended
    running = await life()
    await running.says(new RegExp(`resumed: life ${kills + 1} of a rig that began at \\d{4}-`))
  }
  smso.stop()
  await working
  smso.check((await smso.readBack()) ?? [])
  expect(smso.listed.size).toBeGreaterThan(2)
  expect(await smso.replay()).toBe('S1RIG_REPLAY')
}, 120_000)

test('stopped and started again, a daemon goes on too; faults that are named no more have passed', async () => {
  const { life } = await daemon()
  const first = await life(['--fault', 'hub.wan=down'])
  await first.says(/no-coverage/)
  first.child.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)
  const second = await life()
  await second.says(/resumed: life 2/)
  await second.says(/"fault.lifted","fault":"hub.wan=down"/)
  await second.says(/wan.attached/)
}, 60_000)

test('a state of another rig, another seed, in use or damaged is refused in one line', async () => {
  const { args, state, life } = await daemon()
  const first = await life()
  const refused = async (args: readonly string[]) => {
    const { code, stderr } = await s1rig(args)
    expect([code, stderr.trim().split('\n')]).toEqual([4, [expect.any(String)]])
    return stderr
  }
  expect(await refused(args)).toMatch(/state\.db: in use by another process; each state serves one at a time/)
  first.child.kill('SIGKILL')
  await first.ended
  expect(await refused([...args, '--seed', '2'])).toMatch(/seed: "2" expected, found "1"; choose another folder/)
  const other = args.with(1, 'rigs/cb-electricity-only.yaml')
  expect(await refused(other)).toMatch(/rig: "cb-electricity-only" expected, found "homes"; choose another folder/)
  writeFileSync(join(state, 'state.db'), 'a'.repeat(5_000))
  expect(await refused(args)).toMatch(/state\.db: no state of s1rig, or a damaged one; choose another folder/)
}, 60_000)
