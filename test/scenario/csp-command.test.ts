/** Orders to the mobile operator of a rig that is up, given on the command line. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { s1rig, start } from '../helpers/cli.ts'
import { home, inMemory, temporaryFolder, writeRig } from '../helpers/migration.ts'
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

/** The DCC at the broker, without the command line. */
async function dccAt(url: string, logins: string) {
  const heard: Record<string, unknown>[] = []
  const client = await mqttBroker(url).connect({
    clientId: 'test-dcc',
    login: { username: 'dcc', password: JSON.parse(readFileSync(logins, 'utf8')).dcc },
    onMessage: ({ payload }) => heard.push(JSON.parse(Buffer.from(payload).toString())),
  })
  onTestFinished(() => client.end())
  await client.subscribe('csp/response/+')
  const send = (verb: string, order: object) =>
    client.publish(`csp/request/${verb}`, Buffer.from(JSON.stringify(order)))
  const ask = async (verb: string, order: object) => {
    const transactionId = `test-${heard.length}`
    await send(verb, { transactionId, ...order })
    return vi.waitFor(() => {
      const answer = heard.find(one => one.transactionId === transactionId)
      expect(answer).toBeDefined()
      return answer
    }, 5_000)
  }
  return { heard, send, ask }
}

/** Two homes whose SIMs are ready for both access points, their data with the SMSO, their hubs still on the first. */
async function batch() {
  const han = { kind: 'aps', panId: '0x1a62', channel: 15 }
  const up = await rigUp(writeRig([11, 12].map(n => ({ ...home(`home-${n}`, n), han: { ...han } }))))
  await up.daemon.says(/home-12.*"kind":"wan.attached","apn":"newcastle"/)
  const dcc = await dccAt(up.url, up.logins)
  const sims = ['234100123451181', '234100123451281'].map(imsi => ({ imsi }))
  for (const [index, sim] of sims.entries()) {
    const transferred = await dcc.ask('account.transfer', { ...sim, account: 'dcc-smets1' })
    expect(transferred).toMatchObject({ sim: { stage: 'transferred' } })
    await dcc.ask('plan.set', { ...sim, plan: 'newcastle-and-elster' })
    const allocated = await dcc.ask('address.allocate', { ...sim, apn: 'elster' })
    expect(allocated).toMatchObject({ sim: { addresses: { elster: `10.60.0.1${index}` } } })
    expect(await dcc.ask('file.imsi-ip', { ...sim, apn: 'elster' })).toMatchObject({ sim: { stage: 'data-sent' } })
  }
  const written = (name: string, ...rows: string[]) => {
    const path = join(up.folder, name)
    writeFileSync(path, ['imsi,iccid,apn,ip', ...rows, ''].join('\n'))
    return path
  }
  return { ...up, ...dcc, sims, written }
}
const MIGRATED = '234100123451181,8944110012345671101,elster,10.60.0.10'
const RETAINED = '234100123451281,8944110012345671201,newcastle,10.20.12.11'

test('the files of a batch: a hub named as migrated before it moved is cut off, a retained one goes on', async () => {
  const { csp, json, ask, daemon, sims, written } = await batch()
  const bad = written('bad.csv', MIGRATED.replace('10.60.0.10', '10.60.0.11'), '23410012345118')
  const refused = await csp('file.migrated', `csv=@${bad}`)
  expect(refused.code).toBe(4)
  expect(refused.stderr.trimEnd().split('\n')).toEqual([
    `${bad}:2:44 /ip: expected 10.60.0.10, found "10.60.0.11", the address of 234100123451281 [sim.ip]`,
    `${bad}:3:1 /: expected 4 fields, found 1 [csv.columns]`,
  ])
  const migrated = await csp('file.migrated', `csv=@${written('migrated.csv', MIGRATED)}`)
  expect([migrated.code, migrated.stdout]).toEqual([
    0,
    expect.stringMatching(/^detail +1 SIM; held until file\.retained/m),
  ])
  expect(await ask('sim.query', sims[0] ?? {})).toMatchObject({ sim: { stage: 'data-sent' } })
  const retained = await json('file.retained', `csv=@${written('retained.csv', RETAINED)}`)
  expect(retained).toMatchObject({ code: 'ok', detail: '1 migrated, 1 retained' })
  await daemon.says(/home-11.*"kind":"wan.detached","apn":"newcastle".*"reason":"plan"/)
  const records = [await ask('sim.query', sims[0] ?? {}), await ask('sim.query', sims[1] ?? {})]
  expect(records.map(answer => answer?.sim)).toMatchObject([
    { stage: 'migrated', account: 'dcc-smets1', plan: 'elster-only' },
    { stage: 'retained', account: 'mds-only', plan: 'newcastle-only' },
  ])
  daemon.child.kill('SIGTERM')
  const { stderr } = await daemon.ended
  expect(stderr).not.toMatch(/home-12.*"kind":"wan.detached".*"reason":"plan"/)
})

test('a file sent again is answered again, with its own transaction id, and applied once', async () => {
  const { daemon, heard, send: sendOrder } = await batch()
  heard.length = 0
  const send = (verb: string, transactionId: string, row: string) =>
    sendOrder(verb, { transactionId, csv: `imsi,iccid,apn,ip\n${row}` })
  await send('file.migrated', 'batch-1-m', MIGRATED)
  for (let i = 0; i < 3; i++) await send('file.retained', 'batch-1-r', RETAINED)
  await send('file.retained', 'batch-1-again', RETAINED)
  await vi.waitFor(() => expect(heard).toHaveLength(5), 5_000)
  const answers = heard
  expect(answers[0]).toMatchObject({ transactionId: 'batch-1-m', code: 'ok' })
  for (const answer of answers.slice(1, 4)) {
    expect(answer).toEqual({ transactionId: 'batch-1-r', code: 'ok', detail: '1 migrated, 1 retained' })
  }
  expect(answers[4]).toMatchObject({ transactionId: 'batch-1-again', code: 'bad-file' })
  daemon.child.kill('SIGTERM')
  const { stderr } = await daemon.ended
  expect(stderr.match(/"kind":"csp.request","verb":"file\.(migrated|retained)"/g)).toHaveLength(2)
})
