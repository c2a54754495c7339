/** The process dies in the middle of talk with a hub: nothing is carried out twice, nothing is lost, nothing old is taken. */
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { type Home, home, ID, restarted } from '../unit/device-home.ts'

const codesOf = (day: Home, code: string) =>
  day.installation.hub.alerts.eventLog.memory().filter(entry => entry.code === code)
/** Until a hub that starts is on its access point again. */
const ATTACHED = seconds(30)

function talking(): Home {
  const day = home({ inMemory: true })
  day.run(minutes(10))
  return day
}

describe('what a hub has answered', () => {
  test('is answered again, the same, when the request comes again after the restart, and not done again', () => {
    const before = talking()
    const { id, octets } = before.letter(ID.CHF, requestOf('updateDeviceLog', { remove: { deviceId: ID.PPMID } }))
    before.down(octets)
    before.run(seconds(1))
    const [answer] = before.answersTo(id)
    expect(answer?.code).toBe('I0')
    const after = restarted(before)
    after.run(ATTACHED)
    const changes = codesOf(after, '8F12').length
    after.down(octets)
    after.run(seconds(1))
    expect(after.answersTo(id)).toEqual([answer])
    expect(codesOf(after, '8F12')).toHaveLength(changes)
  })

  test('leaves under counters above all it used before', () => {
    const before = talking()
    before.ask('readFirmwareVersion', ID.CHF, {})
    const last = Math.max(...before.ups.map(({ message }) => message.counter))
    const after = restarted(before)
    after.run(ATTACHED)
    after.ask('readFirmwareVersion', ID.CHF, {})
    expect(after.ups.length).toBeGreaterThan(0)
    for (const { message } of after.ups) expect(message.counter).toBeGreaterThan(last)
  })
})

test('a new request under a counter that was used before the restart is refused', () => {
  const before = talking()
  const { counter } = before.memory()
  before.ask('readFirmwareVersion', ID.CHF, {})
  const after = restarted(before, { ...before.memory(), counter })
  after.run(ATTACHED)
  expect(after.ask('readIdentity', ID.CHF, {})?.code).toBe('S1RIG_REPLAY')
  expect(after.ask('readIdentity', ID.CHF, {})?.code).toBe('I0')
})

describe('a request in work when the process dies', () => {
  test('is carried out after the restart as of when it came, once, and answered once', () => {
    const before = talking()
    before.run(minutes(5))
    const setToMs = before.kernel.unixMs() + hours(2) / 1_000
    const askedAtUs = before.kernel.nowUs()
    const { id, octets } = before.letter(ID.GSME, requestOf('synchroniseClock', { setToMs }))
    before.down(octets)
    before.run(minutes(1))
    expect(before.answersTo(id)).toEqual([])
    const after = restarted(before)
    after.run(minutes(10))
    // Sent again meanwhile: it is in work still, or answered.
    after.down(octets)
    after.run(hours(1))
    const [answer, ...more] = after.answersTo(id)
    expect(answer).toMatchObject({ code: 'I0', synchroniseClock: { adjusted: true } })
    for (const again of more) expect(again).toEqual(answer)
    const answeredAtUs = after.ups.find(({ message }) => message.correlationId === id)?.atUs ?? 0
    expect(answeredAtUs - askedAtUs).toBeGreaterThan(minutes(1))
    const shown = (answer?.synchroniseClock?.deviceClockAfterMs ?? 0) - setToMs
    expect(Math.abs(shown - (answeredAtUs - askedAtUs) / 1_000)).toBeLessThan(5_000)
  })

  test.each([
    ['before its meter', 'attachMs: { value: 10'],
    ['after its meter', 'attachMs: { value: 8000'],
  ])('for a meter that answers at once is answered when hub and meter are back, the hub %s', (_, attachMs) => {
    const before = home({ edits: [['attachMs: { value: 8000', attachMs]] })
    before.run(minutes(10))
    const { id, octets } = before.letter(ID.ESME, requestOf('readImportRegisters', {}))
    before.kernel.after(0, 'down', () => before.down(octets))
    before.run(seconds(0.001))
    expect(before.answersTo(id)).toEqual([])
    const after = restarted(before)
    after.run(minutes(2))
    expect(after.answersTo(id)).toMatchObject([{ code: 'I0', readImportRegisters: { source: 'DEVICE' } }])
  })

  test('for a device that is not there any more fails as it would have', () => {
    const before = talking()
    before.installation.han.silence(ID.ESME)
    const { id, octets } = before.letter(ID.ESME, requestOf('readImportRegisters', {}))
    before.down(octets)
    before.run(seconds(1))
    const after = restarted(before)
    after.installation.han.silence(ID.ESME)
    after.run(minutes(5))
    expect(after.answersTo(id)).toMatchObject([{ code: 'E21' }])
  })

  test('dies a second time, and is still carried out', () => {
    const before = talking()
    const { id, octets } = before.letter(ID.ESME, requestOf('readImportRegisters', {}))
    before.kernel.after(0, 'down', () => before.down(octets))
    before.run(seconds(0.001))
    const between = restarted(before)
    between.run(seconds(5))
    expect(between.answersTo(id)).toEqual([])
    const after = restarted(between)
    after.run(minutes(2))
    expect(after.answersTo(id)).toMatchObject([{ code: 'I0' }])
  })
})

describe('a change of access point', () => {
  test('that was answered and has not begun takes place after the restart', () => {
    const before = talking()
    before.sims.handle('plan.set', { imsi: simOf(before).imsi, plan: 'newcastle-and-elster' })
    before.sims.handle('address.allocate', { imsi: simOf(before).imsi, apn: 'elster' })
    expect(before.ask('setApn', ID.CHF, { apn: 'elster' })?.code).toBe('I0')
    expect(before.installation.link.session?.apn).toBe('newcastle')
    const after = restarted(before)
    after.run(ATTACHED)
    expect(after.installation.link.session?.apn).toBe('elster')
  })

  test('whose new access point refuses goes back, as without the restart', () => {
    const before = talking()
    before.ask('setApn', ID.CHF, { apn: 'elster' })
    const after = restarted(before)
    after.run(hours(1))
    expect(after.installation.link.session?.apn).toBe('newcastle')
    expect(after.events('device.event').filter(({ code }) => code === 'APN_FALLBACK')).toHaveLength(1)
  })
})

test('alerts that wait for the line leave after the restart, each once, in order', () => {
  const before = talking()
  before.installation.link.setCoverage(false)
  before.installation.hub.raise('8F12', 'first', ID.CHF)
  before.installation.hub.raise('8F12', 'second', ID.CHF)
  const after = restarted(before)
  after.run(ATTACHED)
  const alerts = after.ups.flatMap(({ message: { alert } }) => alert?.description ?? [])
  expect(alerts).toEqual(['first', 'second'])
  const later = restarted(after)
  later.run(ATTACHED)
  expect(later.ups.flatMap(({ message: { alert } }) => alert ?? [])).toEqual([])
})

test('SIM and plan are as the operator left them, and so is a plan that a fault holds fast', () => {
  const before = talking()
  const { imsi } = simOf(before)
  before.sims.handle('plan.set', { imsi, plan: 'newcastle-and-elster' })
  before.sims.handle('address.allocate', { imsi, apn: 'elster' })
  before.sims.handle('account.transfer', { imsi, account: 'other' })
  before.sims.pinPlan(imsi, 'newcastle-only')
  const after = restarted(before)
  expect(after.sims.memory()).toEqual(before.sims.memory())
  expect(after.sims.admit(imsi, 'elster')).toEqual({ refused: 'plan' })
  after.sims.handle('sim.suspend', { imsi })
  const suspended = restarted(after)
  suspended.run(ATTACHED)
  expect(suspended.installation.link.session).toBeUndefined()
})

test('short messages that wait for a hub without coverage arrive after the restart', () => {
  const before = talking()
  const { hubHere, link } = before.installation
  link.setCoverage(false)
  const to = simOf(before).msisdn
  expect(hubHere?.smsCentre.submit({ from: '447700900001', to, text: 'wake' })).toBeUndefined()
  expect(restarted(before).installation.memory().sms).toEqual(before.installation.memory().sms)
  const after = restarted(before)
  after.run(ATTACHED)
  expect(after.installation.memory().sms).toEqual([[to, []]])
})

test('memory is given between two events only', () => {
  const day = talking()
  let refused: unknown
  day.kernel.after(0, 'inside', () => {
    try {
      day.installation.memory()
    } catch (error) {
      refused = error
    }
  })
  day.run(1)
  expect(String(refused)).toContain('inside an event')
})

const simOf = ({ installation }: Home) => installation.record.sim
