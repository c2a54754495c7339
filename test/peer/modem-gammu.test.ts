/** gammu, unmodified, takes the modem of a hub for one of the many it knows. */
import { expect, test } from 'vitest'
import { needsTerminal } from '../helpers/serialport.ts'
import { gammuBatch, modemOnTerminal } from './modem-strangers.ts'
import { needs } from './strangers.ts'

const OWN_NUMBER = '+447700900121'

test('it identifies the modem, its SIM, its network and its signal', { timeout: 60_000 }, async context => {
  const gammu = needs(context, 'gammu')
  await needsTerminal(context)
  const { text, code } = await gammuBatch(gammu, await modemOnTerminal(), [
    'identify',
    'getsecuritystatus',
    'networkinfo',
    'monitor 1',
  ])
  expect(code).toBe(0)
  expect(text).toMatch(/Manufacturer +: s1rig/)
  expect(text).toMatch(/Model +: unknown \(SM WAN modem\)/)
  expect(text).toMatch(/IMEI +: 001001\d{9}/)
  expect(text).toMatch(/SIM IMSI +: 234100123456781/)
  expect(text).toContain('Nothing to enter')
  expect(text).toMatch(/Network state +: home network/)
  expect(text).toMatch(/Network +: 234 10 \(O2 .*LAC 00C3, CID 0001A2B3/)
  expect(text).toMatch(/Packet network state +: home network/)
  expect(text).toMatch(/GPRS +: attached/)
  expect(text).toMatch(/Signal strength +: -83 dBm/)
  expect(text).toMatch(/Enabling info about incoming SMS +: No error/)
  expect(text).toMatch(/SIM SMS status +: 0 used, 0 unread, 20 locations/)
})

test('it sends short messages, which arrive, and reads and deletes them', { timeout: 60_000 }, async context => {
  const gammu = needs(context, 'gammu')
  await needsTerminal(context)
  const { text, code } = await gammuBatch(gammu, await modemOnTerminal(), [
    `sendsms TEXT ${OWN_NUMBER} -text "WAKE {1} at 5 o'clock @ £3"`,
    `sendsms TEXT ${OWN_NUMBER} -unicode -text "Проснись"`,
    'monitor 1',
    'getallsms',
    'deletesms 1 1',
    'monitor 1',
    `sendsms TEXT +447700900999 -text "nobody"`,
  ])
  // The last of them is refused.
  expect(code).not.toBe(0)
  expect(text).toContain("WAKE {1} at 5 o'clock @ £3")
  expect(text).toContain('Coding               : Default GSM alphabet (no compression)')
  expect(text).toMatch(/Coding +: Unicode[\s\S]*Проснись/)
  expect(text).toContain(`Remote number        : "${OWN_NUMBER}"`)
  expect(text).toContain('SMSC number          : "+447700900000"')
  expect(text).toMatch(/SIM SMS status +: 2 used/)
  expect(text).toMatch(/SIM SMS status +: 1 used/)
  expect(text).toContain('waiting for network answer..error 1, message reference=-1')
})
