/** chat, of ppp, runs the scripts by which embedded systems bring their modems up. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { needsTerminal } from '../helpers/serialport.ts'
import { modemOnTerminal, run } from './modem-strangers.ts'
import { needs } from './strangers.ts'

/** With the modem as its standard input and output, as pppd starts it. What it heard is told on stderr. */
async function runScript(chat: string, script: readonly string[]) {
  const { folder, terminal, running } = await modemOnTerminal()
  const file = join(folder, 'script')
  writeFileSync(file, `${script.join('\n')}\n`)
  const outcome = await run('sh', ['-c', '"$1" -v -s -t 20 -f "$2" <"$3" >"$3"', 'sh', chat, file, terminal])
  return { ...outcome, running }
}

test('a script sets the access point, brings the session up and sees its address', {
  timeout: 60_000,
}, async context => {
  const chat = needs(context, 'chat')
  await needsTerminal(context)
  const { code, text, running } = await runScript(chat, [
    'ABORT ERROR',
    'ABORT "NO CARRIER"',
    "'' ATZ",
    'OK ATE0',
    'OK AT+CPIN?',
    'READY AT+CREG?',
    '0,1 AT+CGDCONT=1,"IP","newcastle"',
    'OK AT+CGACT=1,1',
    'OK AT+CGPADDR=1',
    '10.20.0.11 \\c',
    'OK \\c',
  ])
  expect(text).toContain('+CGPADDR: 1,"10.20.0.11')
  expect(code).toBe(0)
  await running.says(/"kind":"wan.attached","apn":"newcastle","ip":"10.20.0.11"/)
})

test('a script learns that the plan does not allow the access point', { timeout: 60_000 }, async context => {
  const chat = needs(context, 'chat')
  await needsTerminal(context)
  const { code, running } = await runScript(chat, [
    'ABORT "not subscribed"',
    "'' ATE0+CMEE=2",
    'OK AT+CGDCONT=1,"IP","elster"',
    'OK AT+CGACT=1,1',
    'OK \\c',
  ])
  // 4: the first of its abort strings.
  expect(code).toBe(4)
  await running.says(/"kind":"wan.attach-refused","apn":"elster","reason":"plan"/)
})

test('a script that dials for data is told that there is none', { timeout: 60_000 }, async context => {
  const chat = needs(context, 'chat')
  await needsTerminal(context)
  const { code } = await runScript(chat, ['ABORT BUSY', 'ABORT "NO CARRIER"', "'' ATD*99#", 'CONNECT \\c'])
  // 5: the second of its abort strings.
  expect(code).toBe(5)
})
