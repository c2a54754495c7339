/** Each quirk on the HAN: what the device does, and what it does without. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hours, milliseconds, minutes, seconds } from '../../src/base/time.ts'
import { utcOf } from '../../src/devices/zigbee-time.ts'
import { chfQuirks, displayQuirks, meterQuirks } from '../../src/profiles/quirk-facts.ts'
import { Status } from '../../src/zcl/status.ts'
import { LATER, otaHome, shelve } from '../helpers/ota-home.ts'
import { type HomeOptions, ID, settledHome } from './device-home.ts'

/** Words of a profile before which the quirks of a device type are put in. */
const BEFORE = { ESME: 'load:\n', GSME: 'flow:\n', CHF: 'joinWindow:\n', PPMID: 'display:\n' } as const
const withQuirk = (type: keyof typeof BEFORE, quirk: string): NonNullable<HomeOptions['edits']>[number] => [
  BEFORE[type],
  `quirks:\n  ${quirk}\n${BEFORE[type]}`,
]
const quirky = (type: keyof typeof BEFORE, name: string, value: string) =>
  settledHome({ edits: [withQuirk(type, `${name}: { value: ${value}, source: assumed }`)] })

type Home = ReturnType<typeof settledHome>
const METER = { device: ID.ESME, endpoint: 1 }

/** What the hub's question or order came to, once it is known. */
function outcomeOf<O extends { ok: boolean }>(
  home: Home,
  ask: (done: (outcome: O) => void) => void,
): O & { afterUs: number } {
  const outcomes: (O & { afterUs: number })[] = []
  const startUs = home.kernel.nowUs()
  ask(outcome => outcomes.push({ ...outcome, afterUs: home.kernel.nowUs() - startUs }))
  home.run(minutes(1))
  const [outcome] = outcomes
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

const setTime = (home: Home) =>
  outcomeOf(home, done => home.installation.hub.esi.write(METER, 'Time', { Time: utcOf(home.kernel.unixMs()) }, done))
const readTime = (home: Home) => outcomeOf(home, done => home.installation.hub.esi.read(METER, 'Time', ['Time'], done))
const readUnknown = (home: Home) =>
  outcomeOf(home, done => home.installation.hub.esi.read(METER, 'Time', ['Time', 'ValidUntilTime'], done))

describe('refusesAfterAttempts', () => {
  const value = '{ attempts: 2, withinS: 3600 }'
  it('a meter refuses the third order of a kind within the hour, answers questions still, and takes orders again after it', () => {
    const home = quirky('ESME', 'refusesAfterAttempts', value)
    expect([setTime(home), setTime(home)]).toMatchObject([{ ok: true }, { ok: true }])
    expect(setTime(home)).toMatchObject({ ok: false, reason: 'default-response', status: Status.FAILURE })
    expect(readTime(home).ok).toBe(true)
    home.run(hours(1))
    expect(setTime(home).ok).toBe(true)
  })

  it('over the WAN the clock is set twice and then not, until the quirk forgets', () => {
    const home = quirky('ESME', 'refusesAfterAttempts', value)
    const set = () => home.ask('synchroniseClock', ID.ESME, { setToMs: home.kernel.unixMs() })?.code
    expect([set(), set(), set()]).toEqual(['I0', 'I0', 'E21'])
    home.run(hours(1))
    expect(set()).toBe('I0')
  })

  it('a meter without it takes every order', () => {
    const home = settledHome()
    for (let i = 0; i < 4; i++) expect(setTime(home).ok).toBe(true)
  })
})

describe('lateDefaultResponse', () => {
  const SITE = '1200099999999'
  /** A command that the meter answers with nothing but a Default Response. */
  const updateSiteId = (home: Home) =>
    outcomeOf(home, done =>
      home.installation.hub.esi.request(
        METER,
        'DeviceManagement',
        'UpdateSiteId',
        { issuerEventId: 1, siteIdTime: 0, providerId: 0, siteId: new TextEncoder().encode(SITE) },
        done,
      ),
    )

  it('a Default Response comes so much later, other answers as ever', () => {
    const [late, prompt] = [quirky('ESME', 'lateDefaultResponse', '{ lateMs: 5000 }'), settledHome()]
    // The dice of the air make some milliseconds.
    expect(updateSiteId(late).afterUs / seconds(1)).toBeCloseTo(updateSiteId(prompt).afterUs / seconds(1) + 5, 1)
    expect(readTime(late).afterUs / seconds(1)).toBeCloseTo(readTime(prompt).afterUs / seconds(1), 1)
  })

  it('later than the hub waits, the order is done and yet not answered', () => {
    const home = quirky('ESME', 'lateDefaultResponse', '{ lateMs: 40000 }')
    expect(JSON.stringify(home.installation.devices.esme?.memory())).not.toContain(SITE)
    expect(updateSiteId(home)).toMatchObject({ ok: false, reason: 'timeout' })
    expect(JSON.stringify(home.installation.devices.esme?.memory())).toContain(SITE)
  })
})

describe('lateDefaultResponse on the WAN and of a hub', () => {
  it('a request that ends with a Default Response is E21 though the meter did it; one that asks for values is not', () => {
    const ask = (home: Home) => home.ask('updateSupplierName', ID.ESME, { name: 'Later Energy' })?.code
    const home = quirky('ESME', 'lateDefaultResponse', '{ lateMs: 40000 }')
    expect([ask(home), ask(settledHome())]).toEqual(['E21', 'I0'])
    expect(JSON.stringify(home.installation.devices.esme?.memory())).toContain('Later Energy')
    expect(home.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
  })

  it('a hub that has no price says so late', () => {
    /** From the PPMID's question to the hub's Default Response, seconds. */
    const lastS = (home: Home) => {
      home.run(minutes(1))
      for (const fuel of ['electricity', 'gas'] as const) home.installation.hub.notices.setPrice(fuel, undefined)
      home.records.length = 0
      home.run(minutes(40))
      const frames = home.events('han.frame').filter(({ clusterId }) => clusterId === 0x0700)
      const atUs = (from: string, to: string) => frames.find(f => f.from === from && f.to === to)?.atUs ?? Number.NaN
      return (atUs(ID.CHF, ID.PPMID) - atUs(ID.PPMID, ID.CHF)) / seconds(1)
    }
    expect(lastS(quirky('CHF', 'lateDefaultResponse', '{ lateMs: 7000 }'))).toBeCloseTo(lastS(settledHome()) + 7, 1)
  })
})

describe('unknownAttributeFails', () => {
  it('a meter without it says which attribute it does not know', () => {
    expect(readUnknown(settledHome())).toMatchObject({
      ok: true,
      values: { Time: expect.any(Number) },
      unsupported: ['ValidUntilTime'],
      failed: {},
    })
  })

  it('with it the attribute FAILS, and the others are read', () => {
    expect(readUnknown(quirky('ESME', 'unknownAttributeFails', '{ answer: attribute }'))).toMatchObject({
      ok: true,
      values: { Time: expect.any(Number) },
      unsupported: [],
      failed: { ValidUntilTime: Status.FAILURE },
    })
  })

  it('or nothing is read that was asked with it; what is known is read as ever', () => {
    const home = quirky('ESME', 'unknownAttributeFails', '{ answer: all }')
    expect(readUnknown(home)).toMatchObject({ ok: false, reason: 'default-response', status: Status.FAILURE })
    expect(readTime(home).ok).toBe(true)
  })
})

describe('dropsSecondRequest', () => {
  /** Two questions so far apart. */
  const twice = (home: Home, apartUs: number) => {
    const answered: boolean[] = []
    const ask = (i: number) =>
      home.installation.hub.esi.read(METER, 'Time', ['Time'], ({ ok }) => {
        answered[i] = ok
      })
    ask(0)
    home.kernel.after(apartUs, 'again', () => ask(1))
    home.run(minutes(1))
    return answered
  }

  it('of two questions within the time it answers the first; two that are further apart it answers both', () => {
    const home = quirky('ESME', 'dropsSecondRequest', '{ withinMs: 500 }')
    expect(twice(home, milliseconds(300))).toEqual([true, false])
    expect(twice(home, milliseconds(600))).toEqual([true, true])
    expect(twice(settledHome(), milliseconds(300))).toEqual([true, true])
  })

  it('a request of the WAN that becomes several steps on the HAN gets no answer in time: E21', () => {
    const order = (home: Home) => home.ask('commissionDevice', ID.ESME, {})?.code
    expect(order(quirky('ESME', 'dropsSecondRequest', '{ withinMs: 500 }'))).toBe('E21')
    expect(order(settledHome())).toBe('I0')
  })
})

describe('malformedVersion', () => {
  it('is what the meter says of itself, on the HAN and on the WAN', () => {
    const home = quirky('ESME', 'malformedVersion', '{ says: "V{version}\\x00 " }')
    const read = outcomeOf(home, done => home.installation.hub.esi.read(METER, 'Basic', ['SwBuildId'], done))
    expect(read).toMatchObject({ ok: true, values: { SwBuildId: 'V1.4.2\0 ' } })
    expect(home.ask('readFirmwareVersion', ID.ESME, {})?.readFirmwareVersion?.version).toBe('V1.4.2\0 ')
    expect(settledHome().ask('readFirmwareVersion', ID.ESME, {})?.readFirmwareVersion?.version).toBe('1.4.2')
  })

  it('is what a sleeping meter tells its mirror', () => {
    const home = quirky('GSME', 'malformedVersion', '{ says: "{version}      " }')
    expect(home.ask('readFirmwareVersion', ID.GSME, {})?.readFirmwareVersion?.version).toBe('3.0.1      ')
  })
})

describe('clockJumps', () => {
  const aheadS = (home: Home, of: 'hub' | 'esme') => {
    const { hub, devices } = home.installation
    const clock = of === 'hub' ? hub.clock : devices.esme?.clock
    return Math.round(((clock?.unixMs() ?? 0) - home.kernel.unixMs()) / 1_000) + 0
  }

  it('a clock jumps at its hours and is right until then', () => {
    // 06:05 UTC.
    const home = quirky('CHF', 'clockJumps', '{ everyH: 4, byS: 900 }')
    expect(aheadS(home, 'hub')).toBe(0)
    home.run(hours(2))
    expect(aheadS(home, 'hub')).toBe(900)
    home.run(hours(4))
    expect(aheadS(home, 'hub')).toBe(1_800)
  })

  it('back as well; a meter without it stays where it is', () => {
    const home = quirky('ESME', 'clockJumps', '{ everyH: 1, byS: -40 }')
    home.run(hours(1))
    expect([aheadS(home, 'esme'), aheadS(home, 'hub')]).toEqual([-40, 0])
    const plain = settledHome()
    plain.run(hours(1))
    expect(aheadS(plain, 'esme')).toBe(0)
  })

  it('over the WAN its clock is told as it is, and set right', () => {
    const home = quirky('ESME', 'clockJumps', '{ everyH: 4, byS: 900 }')
    home.run(hours(2))
    const told = home.ask('synchroniseClock', ID.ESME, { setToMs: home.kernel.unixMs() })?.synchroniseClock
    const before = (told?.deviceClockBeforeMs ?? 0) - home.kernel.unixMs()
    expect(Math.abs(before - 900_000)).toBeLessThan(5_000)
    expect(aheadS(home, 'esme')).toBeLessThan(2)
  })
})

describe('wrongUnit', () => {
  const stated = (home: Home, device: string) =>
    outcomeOf(home, done =>
      home.installation.hub.esi.read({ device, endpoint: 1 }, 'Metering', ['UnitOfMeasure', 'Divisor'], done),
    )
  const reading = (home: Home, device: string) =>
    home.ask('readImportRegisters', device, {})?.readImportRegisters?.activeImport ?? 0

  it('a meter states another unit and another divisor than it counts by', () => {
    const wrong = stated(quirky('ESME', 'wrongUnit', '{ unit: m3, divisor: 100 }'), ID.ESME)
    expect(wrong).toMatchObject({ ok: true, values: { UnitOfMeasure: 1, Divisor: 100 } })
    expect(stated(settledHome(), ID.ESME)).toMatchObject({ ok: true, values: { UnitOfMeasure: 0, Divisor: 1_000 } })
  })

  it('over the WAN a divisor ten times too small makes readings ten times too large, the mirrored ones too', () => {
    const esme = quirky('ESME', 'wrongUnit', '{ divisor: 100 }')
    expect(reading(esme, ID.ESME)).toBe(10 * (esme.installation.devices.esme?.totalWh ?? 0))
    const gsme = quirky('GSME', 'wrongUnit', '{ divisor: 100 }')
    const plain = settledHome()
    expect(reading(gsme, ID.GPF)).toBe(10 * reading(plain, ID.GPF))
  })
})

describe('a gas meter that counts kWh (registersIn)', () => {
  const KWH_PER_M3 = (39.5 * 1.02264) / 3.6
  const counting = (unit: 'm3' | 'kWh') =>
    settledHome({ edits: [['gas:\n', `gas:\n  registersIn: { value: ${unit}, source: assumed }\n`]] })
  const mirrored = (home: Home) => home.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.activeImport ?? 0

  it('has its hub pass on what it counts, and in which unit', () => {
    const [kWh, m3] = [counting('kWh'), counting('m3')]
    // It reported some minutes ago.
    const dm3 = (home: Home) => home.installation.devices.gsme?.totalDm3 ?? 0
    expect(mirrored(kWh) / (dm3(kWh) * KWH_PER_M3)).toBeCloseTo(1, 4)
    expect(mirrored(m3) / dm3(m3)).toBeCloseTo(1, 4)
    const units = [kWh, m3].map(one => one.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.unit)
    expect(units).toEqual(['WH', 'DM3'])
  })
})

describe('a firmware upgrade', () => {
  it('cures a quirk that the new firmware has no more', () => {
    const quirk = withQuirk('ESME', 'malformedVersion: { value: { says: "V{version}" }, source: assumed }')
    const cured = [
      '# Later release: a steadier clock, quicker answers.\n',
      'quirks: { malformedVersion: { value: false, source: assumed } }\n',
    ] as const
    const home = otaHome({ inMemory: true, edits: [quirk, cured] })
    const version = () => home.ask('readFirmwareVersion', ID.ESME, {})?.readFirmwareVersion?.version
    home.run(minutes(10))
    expect(version()).toBe('V1.4.2')
    shelve(home.installation, LATER.esme, { to: [ID.ESME] })
    home.run(minutes(10))
    expect(version()).toBe('1.5.0')
  })

  it('a clock that jumps jumps once at its hour after it, not once for each life', () => {
    const quirk = withQuirk('ESME', 'clockJumps: { value: { everyH: 1, byS: -40 }, source: assumed }')
    const home = otaHome({ inMemory: true, edits: [quirk] })
    home.run(minutes(10))
    shelve(home.installation, LATER.esme, { to: [ID.ESME] })
    home.run(minutes(55))
    const { esme } = home.installation.devices
    expect(esme?.firmware).toBe('1.5.0')
    expect(Math.round(((esme?.clock.unixMs() ?? 0) - home.kernel.unixMs()) / 1_000)).toBe(-40)
  })
})

it('a home in which every device has every quirk lives a day: all stay joined, and the gas is mirrored', () => {
  const han = [
    'refusesAfterAttempts: { value: { attempts: 1, withinS: 86400 }, source: assumed }',
    'lateDefaultResponse: { value: { lateMs: 20000 }, source: assumed }',
    'unknownAttributeFails: { value: { answer: all }, source: assumed }',
    'dropsSecondRequest: { value: { withinMs: 60000 }, source: assumed }',
  ]
  const version = 'malformedVersion: { value: { says: "{version}\\x00\\xff\\n" }, source: assumed }'
  const clock = 'clockJumps: { value: { everyH: 1, byS: -31536000 }, source: assumed }'
  const unit = 'wrongUnit: { value: { unit: m3, divisor: 16777215 }, source: assumed }'
  const all = (...more: string[]) => [...han, ...more].join('\n  ')
  const home = settledHome({
    edits: [
      withQuirk('CHF', all(clock)),
      withQuirk('ESME', all(version, clock, unit)),
      withQuirk('GSME', all(version, clock, unit)),
      withQuirk('PPMID', all(version)),
    ],
    keep: () => false,
  })
  home.run(hours(24))
  expect(home.installation.hub.deviceLog.list().map(({ joined }) => joined)).toEqual([true, true, true])
  expect(home.installation.hub.mirror.reading?.registers[0]).toBeGreaterThan(0)
  for (const device of [ID.ESME, ID.GSME, ID.GPF, ID.PPMID]) {
    expect(home.ask('readFirmwareVersion', device, {})?.code).toMatch(/^(?:I0|E21)$/)
  }
})

describe('the quirks that a profile may name', () => {
  const names = Object.keys({ ...chfQuirks.shape, ...meterQuirks.shape, ...displayQuirks.shape })
  const kebab = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

  it('are those of the table in the docs', () => {
    const [, section = ''] = readFileSync('docs/devices.md', 'utf8').split('## Quirks')
    const [table = ''] = section.split('Three more are plain facts')
    const rows = [...table.matchAll(/^\| `([a-zA-Z]+)`/gm)].map(([, name]) => name)
    expect(rows.toSorted()).toEqual(names.toSorted())
  })

  it.each(names)('%s stands in a file of its own that says what evidence there is', name => {
    expect(readFileSync(`src/devices/quirks/${kebab(name)}.ts`, 'utf8')).toMatch(
      /^\/\*\*[\s\S]*?@source \S[\s\S]*?\*\//,
    )
  })
})
