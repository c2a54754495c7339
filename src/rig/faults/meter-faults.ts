/** Faults of a meter as it stands in its cupboard: somebody tampers with it, its battery runs out, its clock is off. */
import { parseSpan } from '../../base/time.ts'
import { ALERT_CODES, type AlertCode, alertText } from '../../devices/events/alert-codes.ts'
import type { Condition } from '../../devices/events/conditions.ts'
import type { Part } from '../../profiles/parts.ts'
import type { MeterPart } from '../home-wrongs.ts'
import type { Installation } from '../installation.ts'
import type { FaultKind } from './fault-kind.ts'
import { anySpan, oneOf, type Word, type Words } from './fault-words.ts'
import { readTimedValue, type TimedValue, timedForm } from './timed-value.ts'

interface MeterKind<H> extends TimedValue<H, Words>, Pick<FaultKind, 'does' | 'listed' | 'addsUp'> {
  part: Part
  begin: (first: H, installation: Installation) => (() => void) | undefined
}

const meterKind = <H>({ part, begin, ...kind }: MeterKind<H>): FaultKind => ({
  ...(kind.listed !== undefined && { listed: kind.listed }),
  ...(kind.addsUp && { addsUp: true }),
  value: timedForm(kind),
  does: kind.does,
  to: { inside: part },
  effect(value, context) {
    const read = readTimedValue(kind, value, context)
    if ('problem' in read) return read
    return { ...read.timing, parts: [part], inject: installation => begin(read.first, installation) }
  },
})

const condition = (part: MeterPart, words: Readonly<Record<string, Condition>>, does: string): FaultKind =>
  meterKind({
    ...{ part, does, addsUp: true, first: oneOf(...Object.keys(words)), options: {} },
    begin: (word, installation) => {
      const what = words[word]
      return what && installation.afflict(part, what)
    },
  })

const TAMPERING = { cover: 'cover', magnet: 'magnet', other: 'other' } as const

/** Ahead of true time, or behind it. */
const offset: Word<number> = {
  shown: '+SPAN|-SPAN',
  form: 'a span of at most 365d with its sign, such as +90s or -5min',
  read(text, context) {
    const us = /^[+-]/.test(text) && parseSpan(text.slice(1)) ? anySpan.read(text.slice(1), context) : undefined
    return us === undefined ? undefined : text.startsWith('-') ? -us : us
  },
}
const alertCode: Word<AlertCode> = {
  shown: 'CODE',
  form: 'a code that meters and hubs know (docs/devices.md), such as 81BB',
  read: text => ALERT_CODES.find(code => code === text),
}

const CLOCK_DOES = 'the clock of PART (hub, esme, gsme) is so far off, ahead or behind, until somebody sets it right'
const EVENT_DOES = 'PART (hub, esme, gsme) notes this event, whatever the reason, and tells it where its model tells it'

/** What happens to those that have power; it does not last. */
function happens(part: 'hub' | MeterPart): [string, FaultKind][] {
  const once = { part, options: {}, isOnce: true } as const
  const clock = meterKind({
    ...{ ...once, listed: 'PART.clock', does: CLOCK_DOES, first: offset },
    begin(byUs, installation) {
      const own = installation.works.isUp(part) && (part === 'hub' ? installation.hub : installation.devices[part])
      if (own) own.clock.set(installation.kernel.unixMs() + Math.round(byUs / 1_000))
      return undefined
    },
  })
  const event = meterKind({
    ...{ ...once, listed: 'PART.event', does: EVENT_DOES, first: alertCode, addsUp: true },
    begin(code, installation) {
      if (!installation.works.isUp(part)) return undefined
      if (part === 'hub') installation.hub.raise(code, alertText(code), installation.hub.deviceId)
      else installation.devices[part]?.events.raise(code)
      return undefined
    },
  })
  return [
    [`${part}.clock`, clock],
    [`${part}.event`, event],
  ]
}

export const METER_FAULTS: Readonly<Record<string, FaultKind>> = {
  'esme.tamper': condition(
    'esme',
    { ...TAMPERING, terminal: 'terminal' },
    'the cover of the electricity meter or of its terminals is off, a magnet is at it, or it sees something else',
  ),
  'gsme.tamper': condition(
    'gsme',
    { ...TAMPERING, battery: 'battery-cover' },
    'the cover of the gas meter or of its battery is off, a magnet is at it, or it sees something else',
  ),
  'gsme.battery': condition(
    'gsme',
    { low: 'low-battery' },
    'the battery of the gas meter runs out; then it is changed',
  ),
  'gsme.flow': meterKind({
    ...{ part: 'gsme', first: oneOf('uncontrolled'), options: {}, isOnce: true },
    does: 'the gas meter finds that gas flows though nothing should burn',
    begin(_, { works, devices }) {
      if (works.isUp('gsme')) devices.gsme?.keeping.incident('uncontrolled-flow', '81B4')
      return undefined
    },
  }),
  ...Object.fromEntries((['hub', 'esme', 'gsme'] as const).flatMap(happens)),
}
