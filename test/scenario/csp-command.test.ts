/** Orders to the mobile operator of a rig that is up, given on the command line. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { s1rig, start } from '../helpers/cli.ts'
import { inMemory, temporaryFolder } from '../helpers/migration.ts'
import { observedBroker } from '../helpers/observed-broker.ts'

const imsi = '234100123456781'

/** A rig that is up at a broker of its own, and the command line before it. */
async function rigUp(rig = inMemory()) {
  const folder = temporaryFolder()
  const logins = join(folder, 'logins.json')
  const daemon = start(['up', rig, '--mqtt-port', '0', '--logins', logins, '--clock', 'x60'])
  const [, url = ''] = await daemon.says(/broker (mqtt:\S+),/)
  await daemon.says(/"kind":"wan.attached","apn":"newcastle"/)
  const csp = (...args: string[]) => s1rig(['csp', ...args, '--mqtt', url, '--logins', logins])
  const json = async (...args: string[]) => JSON.parse((await csp(...args, '--json')).stdout)
  return { daemon, csp, json, folder, url, logins }
}

test('an order is carried out by the rig that is up, and its answer shown', async () => {
  const { csp, json, daemon } = await rigUp()
  const shown = await csp('sim.query', `imsi=${imsi}`)
  expect({ code: shown.code, stderr: shown.stderr }).toEqual({ code: 0, stderr: '' })
  expect(shown.stdout).toMatch(/^code +ok$/m)
  expect(shown.stdout).toMatch(/^addresses +newcastle 10\.20\.0\.11$/m)
  const both = 'newcastle-and-elster'
  expect(await json('plan.set', `imsi=${imsi}`, `plan=${both}`)).toMatchObject({ code: 'ok', sim: { plan: both } })
  const suspended = await json('sim.suspend', `imsi=${imsi}`)
  expect(suspended).toMatchObject({ code: 'ok', sim: { plan: both, state: 'suspended' } })
  await daemon.says(/"kind":"wan.detached".*"reason":"sim"/)
})

test('what the operator refuses ends with code 1, and says why', async () => {
  const { csp } = await rigUp()
  const unknown = await csp('sim.query', 'imsi=234100999999999')
  expect(unknown.code).toBe(1)
  expect(unknown.stdout).toMatch(/^code +unknown-sim$/m)
  expect(unknown.stderr).toBe('s1rig: the operator refuses sim.query: no SIM with IMSI 234100999999999\n')
  const malformed = await csp('plan.set', `imsi=${imsi}`)
  expect([malformed.code, malformed.stdout]).toEqual([1, expect.stringMatching(/^code +malformed$/m)])
})

test('an operator who is not there ends with code 1 when the time is over', async () => {
  const { broker, choice } = await observedBroker()
  const logins = join(temporaryFolder(), 'logins.json')
  writeFileSync(logins, JSON.stringify(choice.logins))
  const args = ['csp', 'sim.query', `imsi=${imsi}`, '--mqtt', broker.url, '--logins', logins, '--within', '0.2']
  const { code, stdout, stderr } = await s1rig(args)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toBe('s1rig: no answer to sim.query within 0.2 s; is a rig up at this broker?\n')
})
