/** Homes in which not every part hears every other, as their rig files say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { DUAL_FUEL, migrateRig, withHan } from '../helpers/migration.ts'
import { type Home, home, ID } from '../unit/device-home.ts'

const FAR_METER = 'rigs/cb-far-meter.yaml'

const judged = async (rig: string, seed: string) => {
  const { verdicts, conditions, exitCode } = await migrateRig({ rig, seed })
  const { attached, plan } = conditions[0] ?? {}
  return {
    verdicts: verdicts.map(({ step, deviceType, verdict }) => [step, deviceType, verdict]),
    left: { attached, plan },
    exitCode,
  }
}

/** The dual-fuel home with links of its own. */
const linked = (links: string) =>
  home({ rig: 'cb-dual-fuel', edits: [['channel: 15 }', `channel: 15, links: [${links}] }`]] })
const joined = (one: Home) => new Set(one.events('han.joined').map(({ device }) => device))
/** Frames that were lost by a poor link, as `from > to`. */
const lossOf = (one: Home) =>
  one.events('radio.frame-lost').flatMap(({ from, to, reason }) => (reason === 'loss' ? [`${from} > ${to}`] : []))
const times = <T>(of: readonly T[], wanted: T) => of.filter(one => one === wanted).length

describe('a gas meter that hears only the electricity meter', () => {
  let day: Home
  beforeAll(() => {
    day = home({ rig: 'cb-far-meter' })
    day.run(hours(12))
  })

  it('joins through it', () => {
    expect(joined(day)).toEqual(new Set([ID.ESME, ID.GSME, ID.PPMID]))
    expect(day.events('han.joined')).toHaveLength(3)
  })

  it('reports to its mirror in the hub in each half hour', () => {
    const reports = day
      .events('han.frame')
      .filter(
        ({ from, to, clusterId, asdu }) => from === ID.GSME && to === ID.CHF && clusterId === 0x0702 && asdu[5] === 'a',
      )
    expect(reports).toHaveLength(24)
    const { activeImport = 0 } = day.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters ?? {}
    const counted = day.installation.devices.gsme?.totalDm3 ?? 0
    expect(activeImport).toBeGreaterThan(0)
    expect(counted - activeImport).toBeGreaterThanOrEqual(0)
    expect(counted - activeImport).toBeLessThan(1_000)
  })

  it('stays out when it does not hear that one either', () => {
    const alone = home({
      rig: 'cb-far-meter',
      edits: [['{ between: [esme, gsme], rssiDbm: -78 }', '{ between: [esme, gsme], range: none }']],
    })
    alone.run(hours(1))
    expect(joined(alone)).toEqual(new Set([ID.ESME, ID.PPMID]))
  })

  it.each(['1', '2', '3'])('migrates to the verdicts of the home without walls, seed %s', async seed => {
    const plain = await judged(DUAL_FUEL, seed)
    expect(plain.exitCode).toBe(0)
    expect(await judged(FAR_METER, seed)).toEqual(plain)
  })
})

describe('a display the hub hears badly, and which hears the hub well', () => {
  const LINK = { from: 'ppmid', to: 'hub', rssiDbm: -92, loss: 0.5 }

  it('joins and shows gas and electricity; frames are lost on that way only', () => {
    const poor = linked('{ from: ppmid, to: hub, rssiDbm: -92, loss: 0.5 }')
    poor.run(hours(4))
    expect(joined(poor)).toEqual(new Set([ID.ESME, ID.GSME, ID.PPMID]))
    const lost = lossOf(poor)
    expect(new Set(lost)).toEqual(new Set([`${ID.PPMID} > ${ID.CHF}`]))
    expect(lost.length).toBeGreaterThan(100)
    const { gsme, ppmid } = poor.installation.devices
    const shown = ppmid?.shown
    expect(shown?.electricity).toBeGreaterThan(0)
    expect(shown?.gas).toBeGreaterThan((gsme?.totalDm3 ?? 0) - 1_000)
  })

  it.each(['1', '2', '3'])('is checked as in the plain home, seed %s', async seed => {
    expect(await judged(withHan({ links: [LINK] }), seed)).toEqual(await judged(DUAL_FUEL, seed))
  })

  it('gets to the hub through the electricity meter when the hub does not hear it at all', () => {
    const mute = linked('{ from: ppmid, to: chf, range: none }')
    mute.run(hours(2))
    expect(joined(mute)).toEqual(new Set([ID.ESME, ID.GSME, ID.PPMID]))
    const { gsme, ppmid } = mute.installation.devices
    expect(ppmid?.shown?.gas).toBeGreaterThan((gsme?.totalDm3 ?? 0) - 1_000)
  })

  it('stays out when the electricity meter does not hear it either', () => {
    const unheard = linked('{ from: ppmid, to: chf, range: none }, { from: ppmid, to: esme, range: none }')
    unheard.run(hours(1))
    expect(joined(unheard)).toEqual(new Set([ID.ESME, ID.GSME]))
  })
})

describe('the quality of all links', () => {
  it('is what the rig says, except where a link says otherwise', () => {
    const noisy = home({
      rig: 'cb-dual-fuel',
      edits: [['channel: 15 }', 'channel: 15, loss: 0.3, links: [{ between: [hub, esme], loss: 0 }] }']],
    })
    noisy.run(minutes(30))
    const lost = lossOf(noisy)
    expect(times(lost, `${ID.ESME} > ${ID.PPMID}`)).toBeGreaterThan(10)
    expect(times(lost, `${ID.ESME} > ${ID.CHF}`) + times(lost, `${ID.CHF} > ${ID.ESME}`)).toBe(0)
  })

  it('is the signal strength of the capture', async () => {
    const { directory } = await migrateRig({ rig: withHan({ rssiDbm: -83 }) })
    const capture = readFileSync(join(directory, 'han-home-1.pcap'))
    const strengths = new Set<number>()
    // Records: 16 octets with the length at 8; then the TAP header, whose second field, at 12, is the strength.
    for (let at = 24; at < capture.length; at += 16 + capture.readUInt32LE(at + 8)) {
      strengths.add(capture.readFloatLE(at + 16 + 16))
    }
    expect([...strengths]).toEqual([-83])
  })
})
