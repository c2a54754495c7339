/** Short messages to a rig that is up, sent with mosquitto_pub alone: a hub wakes, and what cannot be delivered is told. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { start } from '../helpers/cli.ts'
import { inMemory, temporaryFolder } from '../helpers/migration.ts'
import { needs } from './strangers.ts'

const ASLEEP = /"kind":"wan.detached"/
const AWAKE = /"kind":"wan.detached"[\s\S]*"kind":"wan.attached","apn":"newcastle"/

/** A rig that is up, a minute a second; its hub takes two short messages to wake. */
async function rigUp(context: Parameters<typeof needs>[0]) {
  const pub = needs(context, 'mosquitto_pub')
  const folder = temporaryFolder()
  const rig = inMemory()
  writeFileSync(rig, readFileSync(rig, 'utf8').replace('s1ch/2.1.0', 's1ch/2.3.0'))
  const logins = join(folder, 'logins.json')
  const daemon = start(['up', rig, '--mqtt-port', '0', '--logins', logins, '--clock', 'x60'])
  const [, port = ''] = await daemon.says(/broker mqtt:\/\/127\.0\.0\.1:(\d+),/)
  const passwords = JSON.parse(readFileSync(logins, 'utf8'))
  const sms = (to: string, text: string, role = 'smso') =>
    promisify(execFile)(pub, ['-p', port, '-u', role, '-P', passwords[role], '-q', '1', '-t', `sms/${to}`, '-m', text])
  return { daemon, sms }
}

test('a hub that has gone to sleep attaches after two short messages', async context => {
  const { daemon, sms } = await rigUp(context)
  await daemon.says(ASLEEP)
  await sms('447700900121', 'wake up')
  await sms('447700900121', 'wake up')
  await daemon.says(AWAKE)
})

test('a number that nobody has is told, and so is a message too long', async context => {
  const { daemon, sms } = await rigUp(context)
  await sms('447700900999', 'wake up')
  await daemon.says(/sms\/447700900999: no SIM has this number; 7 octets dropped/)
  await sms('447700900121', 'x'.repeat(200))
  await daemon.says(/"reason":"sms-too-long"/)
})

test('a party that may send none gets through to nobody', async context => {
  const { daemon, sms } = await rigUp(context)
  await daemon.says(ASLEEP)
  for (const text of ['one', 'two']) await sms('447700900121', text, 'supplier')
  await sms('447700900999', 'the last', 'smso')
  await daemon.says(/no SIM has this number/)
  daemon.child.kill('SIGTERM')
  const { stdout, stderr } = await daemon.ended
  expect(stdout + stderr).not.toMatch(AWAKE)
})
