/** What hub and meters say of their power. */
import { describe, expect, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { parseFault } from '../../src/rig/faults/faults.ts'
import { type Home, home, ID } from '../unit/device-home.ts'

const BACKUP = ['wan:\n', 'wan:\n  lastGasp: { value: true, source: assumed }\n'] as const

/** A home on the air, settled. */
function settled(edits: readonly (readonly [string, string])[] = []): Home {
  const one = home({ edits })
  one.run(minutes(40))
  return one
}
/** Takes the power of a part away for so long. */
function cut(one: Home, part: string, forUs: number): void {
  const fault = parseFault(`${part}.off=1h`, { phases: ['device-checks'], plans: [], apns: ['newcastle', 'elster'] })
  let lift: (() => void) | undefined
  one.kernel.after(0, 'power goes', () => {
    lift = fault.inject(one.installation, {} as never) ?? undefined
  })
  one.run(forUs)
  one.kernel.after(0, 'power is back', () => lift?.())
  one.run(minutes(3))
}
const alerts = (one: Home, device: string) =>
  one.ups.flatMap(({ atUs, message: { alert } }) =>
    alert?.device === device && ['8F57', '8F35', '8F36'].includes(alert.code) ? [{ atUs, code: alert.code }] : [],
  )

describe('a hub that loses its power', () => {
  test('says so as power goes where it has a backup, and for how long it was away when it is back', () => {
    const one = settled([BACKUP])
    const beganUs = one.kernel.nowUs()
    cut(one, 'hub', minutes(1))
    const [gasp, back] = alerts(one, ID.CHF)
    expect([gasp?.code, back?.code]).toEqual(['8F57', '8F35'])
    expect((gasp?.atUs ?? 0) - beganUs).toBeLessThan(seconds(1))
    expect((back?.atUs ?? 0) - beganUs).toBeGreaterThan(minutes(1))
    cut(one, 'hub', minutes(4))
    expect(alerts(one, ID.CHF).map(({ code }) => code)).toEqual(['8F57', '8F35', '8F36'])
  })
  test('says nothing as power goes where it has none', () => {
    const one = settled()
    cut(one, 'hub', minutes(1))
    expect(alerts(one, ID.CHF).map(({ code }) => code)).toEqual(['8F35'])
  })
  test('has breath again when its backup has recovered', () => {
    const one = settled([BACKUP])
    cut(one, 'hub', minutes(1))
    one.run(minutes(15))
    cut(one, 'hub', minutes(1))
    expect(alerts(one, ID.CHF).map(({ code }) => code)).toEqual(['8F57', '8F35', '8F57', '8F35'])
  })
})

test.each([
  [minutes(1), '8F35'],
  [minutes(5), '8F36'],
])('an electricity meter without power for %i us tells %s when it is back', (forUs, code) => {
  const one = settled()
  cut(one, 'esme', forUs)
  expect(alerts(one, ID.ESME).map(alert => alert.code)).toEqual([code])
})
