/** The process dies and starts again: a home goes on from what it kept, whether its HAN is on the air or in memory. */
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { TraceHash } from '../../src/evidence/trace-hash.ts'
import { type Home, home, ID, restarted } from '../unit/device-home.ts'

/** What an installer, a supplier and the DCC would want to find again. */
function facts({ installation: { hub, devices } }: Home) {
  const always = [0, Number.MAX_SAFE_INTEGER] as const
  return {
    whitelist: hub.deviceLog.memory(),
    events: hub.alerts.eventLog.memory(),
    mirror: [hub.mirror.identity, hub.mirror.reading, hub.mirror.intervals(...always)],
    commissioned: [...hub.commissioned],
    firmware: [hub.firmware, devices.esme?.firmware, devices.gsme?.firmware],
    registers: [devices.esme?.totalWh, devices.gsme?.totalDm3],
    clocks: [hub.clock.unixMs(), devices.esme?.clock.unixMs(), devices.gsme?.clock.unixMs()],
  }
}

/** When the rig begins. */
const STARTS = Date.parse('2021-10-13T06:00:00Z')
const profileOf = (day: Home) =>
  day.ask('readImportProfile', ID.ESME, { fromMs: STARTS, toMs: day.kernel.unixMs(), maxEntries: 1_000 })
    ?.readImportProfile

describe.each([
  ['on the air', false],
  ['in memory', true],
])('a home whose HAN is %s', (_, inMemory) => {
  test('is after a restart what it was, and its devices are on the HAN without joining anew', () => {
    const before = home({ inMemory })
    before.run(hours(1))
    before.ask('commissionDevice', ID.ESME, {})
    before.ask('synchroniseClock', ID.CHF, { setToMs: before.kernel.unixMs() + 86_400_000 })
    before.run(hours(3))
    before.installation.hub.firmware = '9.9.9'
    const known = facts(before)
    const after = restarted(before)
    expect(after.kernel.nowUs()).toBe(before.kernel.nowUs())
    expect(after.kernel.unixMs()).toBe(before.kernel.unixMs())
    expect(facts(after)).toEqual(known)
    after.run(minutes(2))
    expect(after.events('han.link-key')).toEqual([])
    // A day ahead of its meters since its clock was set, which is no news of a restart.
    expect(after.events('device.event').filter(({ code }) => code !== '81C6')).toEqual([])
    expect(after.events('han.joined').map(({ device }) => device)).toEqual(
      expect.arrayContaining([ID.ESME, ID.GSME, ID.PPMID]),
    )
    for (const device of [ID.ESME, ID.PPMID]) {
      expect(after.ask('readFirmwareVersion', device, {})?.code).toBe('I0')
    }
    expect(after.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.dataAgeS).toBeLessThan(1_900)
  })

  test('counts on where it stopped: no register goes back, and its half hours follow one another', () => {
    let day = home({ inMemory })
    day.run(minutes(20))
    const registers: number[] = []
    for (let life = 0; life < 4; life++) {
      registers.push(day.installation.devices.esme?.totalWh ?? 0)
      day.run(minutes(47))
      registers.push(day.installation.devices.esme?.totalWh ?? 0)
      day = restarted(day)
    }
    expect(registers).toEqual(registers.toSorted((a, b) => a - b))
    day.run(minutes(5))
    const { entries = [] } = profileOf(day) ?? {}
    expect(entries).toHaveLength(7)
    const starts = entries.map(({ startMs }) => startMs - (entries[0]?.startMs ?? 0))
    expect(starts).toEqual(starts.map((_start, index) => index * 1_800_000))
    expect(entries.reduce((sum, { value }) => sum + value, 0)).toBeLessThanOrEqual(
      day.installation.devices.esme?.totalWh ?? 0,
    )
  })

  test('was without power for hours by the wall clock: its clocks are right, nothing was counted, and those half hours are not known', () => {
    const before = home({ inMemory })
    before.run(minutes(130))
    const { esme } = before.installation.devices
    const memory = before.memory()
    const startUnixMs = memory.home.unixMs + hours(5) / 1_000
    const after = restarted(before, memory, { startUnixMs })
    expect(after.kernel.unixMs()).toBe(startUnixMs)
    expect(after.installation.devices.esme?.totalWh).toBe(esme?.totalWh)
    const ahead = (day: Home) => (day.installation.devices.esme?.clock.unixMs() ?? 0) - day.kernel.unixMs()
    expect(ahead(after)).toBe(ahead(before))
    after.run(minutes(125))
    const starts = (profileOf(after)?.entries ?? []).map(({ startMs }) => startMs / 1_800_000)
    const steps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
    expect(steps.filter(step => step !== 1)).toEqual([10])
    expect(starts.length).toBeGreaterThan(7)
  })

  test('does the same each time it starts from the same memory, and never what it did before', () => {
    const before = home({ inMemory })
    before.run(hours(1))
    const memory = before.memory()
    const [once, again] = [restarted(before, memory), restarted(before, memory)].map(life => {
      life.run(hours(1))
      return { hash: hashOf(life), next: life.installation.kernel.random.stream('x').next() }
    })
    expect(once).toEqual(again)
    expect(once?.next).not.toBe(before.kernel.random.stream('x').next())
    expect(JSON.stringify(before.memory())).toBe(JSON.stringify(memory))
  })

  test.each([0.5, 2.3, 2.6, 4, 6, 9, 13, 30])(
    'killed %f s after power-on, while its devices join, it lets them in',
    afterS => {
      const before = home({ inMemory })
      before.run(seconds(afterS))
      const after = restarted(before)
      after.run(minutes(40))
      for (const device of [ID.ESME, ID.GSME, ID.PPMID]) expect(after.logged(device)).toMatchObject({ joined: true })
      expect(after.installation.hub.mirror.reading).toBeDefined()
      expect(after.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
    },
  )

  test('killed before it had power, it begins as a new one', () => {
    const after = restarted(restarted(home({ inMemory })))
    after.run(minutes(5))
    for (const device of [ID.ESME, ID.GSME, ID.PPMID]) expect(after.logged(device)).toMatchObject({ joined: true })
    expect(after.memory().home.lives).toBe(3)
  })

  test('a device that was taken off the whitelist stays off it', () => {
    const before = home({ inMemory })
    before.run(minutes(10))
    before.ask('updateDeviceLog', ID.CHF, { remove: { deviceId: ID.PPMID } })
    const after = restarted(before)
    after.run(hours(2))
    expect(after.logged(ID.PPMID)).toBeUndefined()
    expect(after.ask('readFirmwareVersion', ID.PPMID, {})?.code).toBe('E21')
  })
})

function hashOf({ records }: Home): string {
  const hash = new TraceHash()
  for (const record of records) hash.add(record)
  return hash.run()
}
