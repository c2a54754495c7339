/** Devices lose power and come back: nobody pairs again, no counter goes back, nothing waits for ever. */
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { traceLine } from '../../src/evidence/trace-hash.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import type { Part } from '../../src/profiles/parts.ts'
import { type Home, home, ID } from '../unit/device-home.ts'

const SLOW = 180_000

const paired = (day: Home) => day.events('han.link-key').length
const joined = (day: Home, device: string) => day.events('han.joined').filter(event => event.device === device).length

/** Takes the power of a part away for so long. */
function off(day: Home, part: Part, forUs: number): void {
  let powerOn = () => {}
  day.kernel.after(0, 'power goes', () => {
    powerOn = day.installation.cutPower(part)
  })
  day.run(forUs)
  day.kernel.after(0, 'power is back', () => powerOn())
}

describe('an ordinary home', () => {
  test.each([
    ['the electricity meter', 'esme', ID.ESME, minutes(5)],
    ['the display', 'ppmid', ID.PPMID, minutes(5)],
    ['the gas meter', 'gsme', ID.GSME, hours(3)],
  ] as const)('%s is back on the network within a minute of its power, without pairing', (_, part, device, forUs) => {
    const day = home()
    day.run(hours(1))
    const before = [paired(day), joined(day, device)]
    off(day, part, forUs)
    day.run(minutes(1))
    expect([paired(day), joined(day, device)]).toEqual([before[0], (before[1] ?? 0) + 1])
    expect(day.events('han.join-failed')).toEqual([])
    day.run(minutes(35))
    const register = device === ID.PPMID ? ID.ESME : device === ID.GSME ? ID.GPF : device
    expect(day.ask('readImportRegisters', register, {})?.code).toBe('I0')
  })

  test('a hub that gets its power after the others forms the network then, and everybody joins', () => {
    const day = home()
    off(day, 'hub', minutes(5))
    expect(day.events('han.formed')).toEqual([])
    day.run(minutes(15))
    expect(day.events('han.formed')).toHaveLength(1)
    expect([ID.ESME, ID.GSME, ID.PPMID].map(device => joined(day, device))).toEqual([1, 1, 1])
    expect(day.installation.han.captureKeys().length).toBeGreaterThan(3)
  })

  test('a hub that restarts keeps keys, counters and whitelist: its devices do not even notice', () => {
    const day = home()
    day.run(hours(1))
    const before = [paired(day), day.events('han.joined').length, day.events('device.event').length]
    off(day, 'hub', seconds(20))
    day.run(minutes(31))
    const codes = day.events('device.event').map(({ code }) => code)
    expect([paired(day), day.events('han.joined').length, codes.length - 1]).toEqual(before)
    expect(codes.at(-1)).toBe('8F35')
    expect(day.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
    expect(day.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.dataAgeS).toBeLessThan(1_830)
  })

  test('after a hub that was away for hours the gas meter is back at a wake-up, and the others at once', () => {
    const day = home()
    day.run(hours(1))
    const before = paired(day)
    off(day, 'hub', hours(5))
    day.run(minutes(2))
    expect(day.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
    day.run(minutes(35))
    expect(paired(day)).toBe(before)
    expect(day.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.dataAgeS).toBeLessThan(1_830)
  })

  test('a meter that slept through a change of the network key is back within hours, and nobody pairs again', {
    timeout: SLOW,
  }, () => {
    const day = home({
      edits: [['  sleeperTimeoutS:', '  networkKeyUpdateDays: { value: 1, source: assumed }\n  sleeperTimeoutS:']],
    })
    day.run(hours(1))
    const before = paired(day)
    day.installation.han.silence(ID.ESME)
    day.installation.han.silence(ID.GSME)
    day.run(hours(49))
    day.installation.han.hear(ID.ESME)
    day.installation.han.hear(ID.GSME)
    const keys = day.events('han.network-key')
    expect(keys.map(({ missed }) => missed.split(',').toSorted())).toEqual(keys.map(() => [ID.ESME, ID.GSME]))
    expect(keys).toHaveLength(1)
    const told = day.records.filter(({ event }) => event.kind === 'han.network-key').map(traceLine)
    expect(told.join()).toContain(ID.GSME)
    day.run(minutes(95))
    expect(paired(day)).toBe(before)
    expect(day.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
    expect(day.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.dataAgeS).toBeLessThan(1_830)
  })

  test('two power cuts that overlap are one, and a line that is down stays down when power is back', () => {
    const day = home()
    day.run(hours(1))
    const { wanOutage, link } = day.installation
    const [first, second] = [0, 1].map(() => day.installation.cutPower('ppmid'))
    const covered = [wanOutage.add(), wanOutage.add()]
    day.run(minutes(1))
    first?.()
    first?.()
    covered[0]?.()
    day.run(minutes(2))
    expect([joined(day, ID.PPMID), link.session]).toEqual([1, undefined])
    second?.()
    covered[1]?.()
    day.run(minutes(10))
    expect([joined(day, ID.PPMID), link.session?.apn]).toEqual([2, 'newcastle'])
  })

  test('the same power cuts make the same trace', () => {
    const trace = (): TraceRecord[] => {
      const day = home()
      day.run(hours(1))
      off(day, 'esme', minutes(5))
      off(day, 'hub', minutes(5))
      day.run(hours(1))
      return day.records
    }
    expect(trace()).toEqual(trace())
  })
})
