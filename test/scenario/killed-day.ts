/** A lively day of a home that is killed again and again: what may only grow grows, what is asked is done once. */
import { expect } from 'vitest'
import type { Micros } from '../../src/base/ids.ts'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import type { RandomStream } from '../../src/ports/time.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import type { NodeMemory } from '../../src/zigbee/node-memory.ts'
import { type Home, type HomeOptions, home, ID, restarted } from '../unit/device-home.ts'

const SPARE = {
  deviceId: '00db1234567890ff',
  installCode: new Uint8Array(Buffer.from('83fed3407a939723a5c639b26916d505c3b5', 'hex')),
}

/** What may be asked of the home, and the codes that the answer may have. */
const ASKED: readonly ((dice: RandomStream, day: Home) => [device: string, request: Request])[] = [
  () => [ID.ESME, requestOf('readImportRegisters', {})],
  () => [ID.GPF, requestOf('readImportRegisters', {})],
  () => [ID.ESME, requestOf('readFirmwareVersion', {})],
  () => [ID.CHF, requestOf('readLog', { log: 'EVENT', maxEntries: 20 })],
  (_, day) => [ID.GSME, requestOf('synchroniseClock', { setToMs: day.kernel.unixMs() })],
  (_, day) => [ID.ESME, requestOf('synchroniseClock', { setToMs: day.kernel.unixMs() })],
  dice =>
    dice.int(2) === 0
      ? [ID.CHF, requestOf('updateDeviceLog', { remove: { deviceId: SPARE.deviceId } })]
      : [ID.CHF, requestOf('updateDeviceLog', { add: { ...SPARE, joinWindowS: 60 } })],
]

/** Values that no life may lower, by name. */
function growing(day: Home): Record<string, number> {
  const { home: kept } = day.memory()
  const { wan, listed, mirror } = kept.hub ?? {}
  const nodes = kept.home.han.kind === 'radio' ? Object.entries(kept.home.han.nodes) : []
  return {
    esme: kept.home.devices.esme?.measurement.metrology.totals[0] ?? 0,
    gsme: kept.home.devices.gsme?.measurement.metrology.totals[0] ?? 0,
    mirror: mirror?.metering.CurrentSummationDelivered ?? 0,
    history: kept.home.devices.esme?.measurement.ledger.intervals.log.pages.flat().length ?? 0,
    'own counter': wan?.ownCounter ?? 0,
    'last counter of the SMSO': Object.fromEntries(wan?.counters ?? []).smso ?? 0,
    ...Object.fromEntries((listed ?? []).map(one => [`heard ${one.deviceId}`, one.lastCommunicationMs ?? 0])),
    ...Object.fromEntries(nodes.flatMap(([device, node]) => countersOf(device, node))),
    nowUs: kept.nowUs,
    unixMs: kept.unixMs,
  }
}
const countersOf = (device: string, { nwk, linkKeys }: NodeMemory): [string, number][] => [
  [`frames of ${device}`, nwk.keys.outgoing],
  ...linkKeys.keys.map(({ peer, key, outgoing }): [string, number] => [`${device} for ${peer} ${key}`, outgoing]),
]

interface Talk {
  id: string
  request: Request
  octets: Uint8Array
  answers: Response[]
}

/** How often the device log must have changed: once for each order that was carried out and changed something. */
function changesBy(talks: readonly Talk[]): number {
  let listed = false
  const done = talks.filter(({ answers, request }) => answers[0]?.code === 'I0' && request.updateDeviceLog)
  const changes = done.filter(({ request }) => {
    const adds = request.updateDeviceLog?.add !== undefined
    const changed = adds !== listed
    listed = adds
    return changed
  })
  return changes.length
}

/** Lives through it, and expects of it what must be true of any such day. */
export function killedDay(options: HomeOptions, { kills, spanUs }: { kills: number; spanUs: Micros }): void {
  const dice = new SeededRandom(`kills ${options.seed}`).stream('when and what')
  const quiet = (event: { kind: string }) => event.kind.startsWith('han.') || event.kind === 'device.event'
  let day = home({ ...options, keep: quiet })
  const talks: Talk[] = []
  let before = growing(day)
  let pairings = 0
  const listings: string[] = []

  const live = (forUs: number) => {
    const endUs = day.kernel.nowUs() + forUs
    while (day.kernel.nowUs() < endUs) {
      const [device, request] = (ASKED[dice.int(ASKED.length)] as (typeof ASKED)[number])(dice, day)
      const talk: Talk = { ...day.letter(device, request), request, answers: [] }
      talks.push(talk)
      day.down(talk.octets)
      // One that comes twice is done once.
      if (dice.int(3) === 0) day.down(talk.octets)
      day.run(Math.min(dice.int(minutes(12)), endUs - day.kernel.nowUs()))
    }
  }
  const die = () => {
    for (const talk of talks) talk.answers.push(...day.answersTo(talk.id))
    pairings += day.events('han.link-key').length
    listings.push(...day.events('device.event').flatMap(({ code, text }) => (code === '8F12' ? [text] : [])))
    const now = growing(day)
    for (const [name, value] of Object.entries(before)) expect(now[name] ?? value, name).toBeGreaterThanOrEqual(value)
    before = now
    day = restarted(day)
  }

  const askAgain = () => {
    for (const { octets, answers } of talks) if (answers.length === 0) day.down(octets)
  }

  day.run(minutes(6))
  for (let kill = 0; kill < kills; kill++) {
    live(dice.int((2 * spanUs) / kills))
    // In the middle of something, most likely.
    day.run(dice.int(seconds(2)))
    die()
    day.run(dice.int(2) === 0 ? minutes(1) : dice.int(seconds(20)))
    // Who had no answer asks again, octet for octet.
    askAgain()
    // Who did not hear the answer too.
    for (const { octets } of talks.slice(-10)) if (dice.int(2) === 0) day.down(octets)
    day.run(dice.int(seconds(5)))
  }
  day.run(minutes(1))
  askAgain()
  day.run(hours(3))
  die()

  expect(talks.length).toBeGreaterThan(kills)
  for (const { answers, id } of talks) {
    expect(answers.length, id).toBeGreaterThan(0)
    // Why one that came too late was refused may be told in other words.
    const said = answers.map(({ detail, ...answer }) =>
      answer.code === 'S1RIG_REPLAY' ? answer : { ...answer, detail },
    )
    for (const one of said) expect(one, id).toEqual(said[0])
  }
  const codes = new Set(talks.flatMap(({ answers }) => answers.map(({ code }) => code)))
  expect([...codes].filter(code => !['I0', 'E19', 'E21', 'S1RIG_REFUSED', 'S1RIG_REPLAY'].includes(code))).toEqual([])
  expect(listings.filter(text => text.includes(SPARE.deviceId))).toHaveLength(changesBy(talks))
  const devices = day.installation.hub.deviceLog.list().filter(({ deviceId }) => deviceId !== SPARE.deviceId)
  expect(devices.filter(({ joined }) => !joined)).toEqual([])
  // Both ends tell of a key: each device has made one, when it joined.
  if (!options.inMemory) expect(pairings).toBe(2 * devices.length)
  day.run(minutes(1))
  expect(day.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
}
