/** 200 kills of migrations at random moments, while somebody else changes the hubs: nothing is lost, nothing is done twice. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { fromHex } from '../../src/base/bytes.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { memoryOf } from '../../src/rig/memory-parts.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { start } from '../helpers/cli.ts'
import { freePort } from '../helpers/free-port.ts'
import { inMemory, migrateRig, temporaryFolder } from '../helpers/migration.ts'
import { kill, runMosquitto } from '../helpers/mosquitto.ts'
import { Outsider } from '../helpers/outsider.ts'
import { needs } from '../peer/strangers.ts'

const KILLS = 200
/** Longest life after the first word, ms. */
const LONGEST_LIFE_MS = 800
const HUB = '00db1234567890a1'
const AT = [
  { apn: 'newcastle', ip: '10.20.0.11' },
  { apn: 'elster', ip: '10.60.0.10' },
]
const KEY = '5a'.repeat(32)

/** The dual-fuel home in memory, whose hub knows one more originator. */
function rigOf(folder: string): string {
  const rig = parse(readFileSync(inMemory(), 'utf8'))
  const file = join(folder, 'rig.yaml')
  writeFileSync(file, stringify({ ...rig, testKeys: { ...rig.testKeys, others: { outsider: KEY } } }))
  return file
}

test(`${KILLS} kills at random moments of migrations under load`, async context => {
  const program = needs(context, 'mosquitto')
  const random = new SeededRandom('kills under load').stream('moments')
  const sum = { runs: 0, kills: 0, answered: 0, sentAgain: 0, said: 0 }
  while (sum.kills < KILLS) {
    const folder = temporaryFolder()
    const [rig, port] = [rigOf(folder), await freePort()]
    writeFileSync(join(folder, 'conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`)
    const mosquitto = await runMosquitto(program, { conf: 'conf', port, cwd: folder })
    const url = `mqtt://127.0.0.1:${port}`
    const outsider = await Outsider.at({ url, originator: 'outsider', key: fromHex(KEY), hub: HUB, at: AT })
    const working = outsider.work()
    const [state, out] = [join(folder, 'state'), join(folder, 'run')]
    const args = ['migrate', rig, '--mqtt', url, '--state', state, '--out', out, '--json']
    let code: number | null = null
    let kills = 0
    while (code === null) {
      const life = start(args)
      await life.says(/"type":"started"/).catch(() => {})
      const lives = { on: true }
      const ended = life.ended.finally(() => {
        lives.on = false
      })
      await Promise.race([ended, pause(random.int(LONGEST_LIFE_MS))])
      if (lives.on && sum.kills + kills < KILLS) {
        kills++
        life.child.kill('SIGKILL')
      }
      const { code: how, stderr } = await ended
      code = how
      if (code !== null && code !== 0) throw new Error(`a life ended with ${code}: ${stderr.slice(-2_000)}`)
    }
    outsider.abandon()
    await working
    const store = openSqliteStore(join(state, 'state.db'))
    const hub = memoryOf(name => store.get(`home/home-1/${name}`))?.hub
    store.close()
    outsider.check(hub?.listed.map(({ deviceId }) => deviceId) ?? [])
    const accepted = new Map(hub?.wan.counters)
    expect(hub).toBeDefined()
    // A run may be over before it was heard at all.
    expect(accepted.get('outsider') ?? 0).toBeGreaterThanOrEqual(outsider.lastCounter)
    expect(hub?.wan.ownCounter).toBeGreaterThanOrEqual(Math.max(...outsider.said.keys()))
    const told = (verdicts: readonly { step: string; deviceType?: string; verdict: string }[]) =>
      verdicts.map(({ step, deviceType, verdict }) => [step, deviceType, verdict].filter(Boolean).join(' '))
    const { verdicts } = JSON.parse(readFileSync(join(out, 'verdicts.json'), 'utf8'))
    if (sum.runs === 0) expect(told(verdicts)).toEqual(told((await migrateRig({ rig })).verdicts))
    await outsider.end()
    await kill(mosquitto)
    sum.runs++
    sum.kills += kills
    sum.answered += outsider.answered
    sum.sentAgain += outsider.sentAgain
    sum.said += outsider.said.size
    console.log(
      `run ${sum.runs}: ${kills} kills, ${outsider.answered} changes and reads answered; ${JSON.stringify(sum)}`,
    )
  }
}, 3_600_000)
