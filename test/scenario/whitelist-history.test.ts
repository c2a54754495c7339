/** A device that was taken off the whitelist without hearing of it, and is listed again, on the air. */
import { expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { minutes } from '../../src/base/time.ts'
import { withCrc } from '../../src/crypto/install-code.ts'
import { type Home, home, ID } from '../unit/device-home.ts'

const CODE = fromHex('83fed3407a939723a5c639b26916d505c3b5')
const OTHER = withCrc(fromHex('1f2e3d4c5b6a79880796a5b4c3d2e1f0'))
const WINDOW_S = 3_600

/** The electricity meter has no power while it is taken off and listed again; it has power again so long after that. */
function relisted(installCode: Uint8Array, backAfterUs: number): Home {
  const one = home()
  one.run(minutes(35))
  const off = one.installation.cutPower('esme')
  one.ask('updateDeviceLog', ID.CHF, { remove: { deviceId: ID.ESME } })
  one.run(minutes(1))
  one.records.length = 0
  const add = { deviceId: ID.ESME, installCode, joinWindowS: WINDOW_S }
  one.ask('updateDeviceLog', ID.CHF, { add })
  one.run(backAfterUs)
  off()
  one.run(minutes(20))
  return one
}
const answers = (one: Home) => one.ask('readImportRegisters', ID.ESME, {})?.code
const madeKey = (one: Home) => one.events('han.link-key').length > 0

it('speaks under the link key it had in the first half of the window, whatever the install code', () => {
  const one = relisted(OTHER, minutes(5))
  expect([answers(one), madeKey(one)]).toEqual(['I0', false])
})

it('has only the install code in the second half: it goes, and joins anew', () => {
  const again = (installCode: Uint8Array) => {
    const one = relisted(installCode, minutes(35))
    one.ask('updateDeviceLog', ID.CHF, { add: { deviceId: ID.ESME, installCode, joinWindowS: WINDOW_S } })
    one.run(minutes(60))
    return [one.logged(ID.ESME)?.joined, answers(one), madeKey(one)]
  }
  expect(again(CODE)).toEqual([true, 'I0', true])
  expect(again(OTHER)).toEqual([false, 'E21', false])
})

it('that heard that it was taken off has only the install code', () => {
  const one = home()
  one.run(minutes(35))
  one.ask('updateDeviceLog', ID.CHF, { remove: { deviceId: ID.ESME } })
  one.run(minutes(1))
  one.ask('updateDeviceLog', ID.CHF, { add: { deviceId: ID.ESME, installCode: OTHER, joinWindowS: WINDOW_S } })
  one.run(minutes(20))
  expect([one.logged(ID.ESME)?.joined, answers(one)]).toEqual([false, 'E21'])
})
