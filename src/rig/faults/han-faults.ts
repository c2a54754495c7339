/** Faults of a HAN on the air, by name. Their values are a first word and options: `20%,from:esme,for:2h`. */
import type { Eui64 } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import { PARTS, type Part } from '../../profiles/parts.ts'
import { MOST_BITS } from '../../radio/air-fault.ts'
import { FIRST_CHANNEL, LAST_CHANNEL } from '../../radio/phy.ts'
import type { HanFault } from '../home-network.ts'
import { deviceOf, type FaultKind } from './fault-kind.ts'
import {
  anySpan,
  part,
  power,
  type Read,
  share,
  shortSpan,
  spell,
  WAY,
  type Words,
  wholeWord,
  yes,
} from './fault-words.ts'
import { readTimedValue, type TimedValue, timedForm } from './timed-value.ts'

/** What a fault needs to know of the home it is for. */
interface Home {
  channel: number
  id: (part: Part) => Eui64
}

interface HanKind<H, O extends Words> extends TimedValue<H, O> {
  does: string
  parts?: readonly Part[]
  listed?: string
  /** The air unless given. */
  to?: FaultKind['to']
  fault: (first: H, options: Read<O>, home: Home) => HanFault
}

function hanKind<H, O extends Words>(kind: HanKind<H, O>): FaultKind {
  return {
    ...(kind.listed !== undefined && { listed: kind.listed }),
    value: timedForm(kind),
    does: kind.does,
    onAir: true,
    addsUp: true,
    to: kind.to ?? 'the air',
    effect(value, context) {
      const read = readTimedValue(kind, value, context)
      if ('problem' in read) return read
      const { first, options, timing } = read
      const given = options as Read<typeof WAY>
      if (given.from !== undefined && given.from === given.to) {
        return { problem: `from and to are both ${given.from}; two parts expected, or one of them` }
      }
      const named = [given.from, given.to].filter(word => word !== undefined)
      return {
        ...timing,
        parts: [...new Set([...(kind.parts ?? []), ...named])],
        inject({ han, record }) {
          const home: Home = { channel: record.han.channel, id: name => deviceOf(record, name) ?? '' }
          const injected = han.inject(kind.fault(first, options, home))
          return () => injected.lift()
        },
      }
    },
  }
}

const directed = ({ from, to }: { from?: Part; to?: Part }, { id }: Home) => ({
  ...(from !== undefined && { from: id(from) }),
  ...(to !== undefined && { to: id(to) }),
})

/** Of the air as a whole, or of one way through it. */
const OF_THE_AIR: Readonly<Record<string, FaultKind>> = {
  'han.loss': hanKind({
    does: 'this share of frames is not heard; with from or to in that direction only',
    first: share,
    options: WAY,
    fault: (lost, options, home) => ({ kind: 'loss', share: lost, ...directed(options, home) }),
  }),
  'han.bursts': hanKind({
    does: 'bursts of about the first span, about the second apart, in which nothing is heard',
    first: spell,
    options: WAY,
    fault: ({ onUs, offUs }, options, home) => ({
      kind: 'burst-loss',
      burstUs: onUs,
      gapUs: offUs,
      ...directed(options, home),
    }),
  }),
  'han.delay': hanKind({
    does: 'this share of frames is handed up late: by 200ms, and up to jitter more, unless said otherwise',
    first: share,
    options: { by: shortSpan, jitter: shortSpan, ...WAY },
    fault: (late, { by = milliseconds(200), jitter = 0, ...options }, home) => ({
      kind: 'delay',
      share: late,
      delayUs: by,
      jitterUs: jitter,
      ...directed(options, home),
    }),
  }),
  'han.duplicate': hanKind({
    does: 'this share of frames is handed up twice, the second time after 20ms unless said otherwise',
    first: share,
    options: { after: shortSpan, ...WAY },
    fault: (twice, { after = milliseconds(20), ...options }, home) => ({
      kind: 'duplicate',
      share: twice,
      afterUs: after,
      ...directed(options, home),
    }),
  }),
  'han.corrupt': hanKind({
    does: 'in this share of frames bits are flipped, one unless said otherwise; undetected: the checksum is right',
    first: share,
    options: { bits: wholeWord(1, MOST_BITS), undetected: yes, ...WAY },
    fault: (hit, { bits = 1, undetected, ...options }, home) => ({
      kind: 'corrupt',
      share: hit,
      bits,
      undetected: undetected === 'yes',
      ...directed(options, home),
    }),
  }),
  'han.interference': hanKind({
    does: 'a foreign transmitter is on, always or by turns on/off, on the channel of the HAN or another',
    first: power,
    options: { channel: wholeWord(FIRST_CHANNEL, LAST_CHANNEL), turns: spell },
    fault: (powerDbm, { channel, turns = { onUs: 1, offUs: 0 } }, home) => ({
      kind: 'interference',
      channel: channel ?? home.channel,
      powerDbm,
      ...turns,
    }),
  }),
  'han.replay': hanKind({
    does: 'a foreign transmitter sends this share of frames again, after 2s unless said otherwise',
    first: share,
    options: { after: shortSpan, from: part },
    fault: (again, { after = milliseconds(2_000), ...options }, home) => ({
      kind: 'replay',
      share: again,
      afterUs: after,
      ...directed(options, home),
    }),
  }),
}

/** Of one node. */
const ofNode = (node: Part): [string, FaultKind][] => [
  [
    `${node}.deaf`,
    hanKind({
      listed: 'PART.deaf',
      does: 'the node sends but hears nothing for SPAN',
      first: anySpan,
      options: {},
      spanOf: span => span,
      parts: [node],
      fault: (_, __, { id }) => ({ kind: 'deaf', node: id(node) }),
    }),
  ],
  [
    `${node}.counter`,
    hanKind({
      listed: 'PART.counter',
      does: 'its frame counter goes back to N: the others drop its frames until it has caught up, or the fault lifts',
      first: wholeWord(0, 0xffffffff),
      options: {},
      parts: [node],
      to: { inside: node },
      fault: (to, _, { id }) => ({ kind: 'counter-reset', node: id(node), to }),
    }),
  ],
]

export const HAN_FAULTS: Readonly<Record<string, FaultKind>> = {
  ...OF_THE_AIR,
  ...Object.fromEntries(PARTS.flatMap(ofNode)),
}

/** What the words of these faults stand for. */
export const HAN_FAULT_WORDS = [
  `PART is one of ${PARTS.join(', ')}.`,
  'All but those of gsme.silent, gsme.whitelist, sim.plan and PART.firmware may also say at:MOMENT (power-on, settled, a phase,',
  'a span after one of them as in at:apn-switch+10s, or a span after power-on; settled, when the migration begins, unless said),',
  'and for:SPAN or until:PHASE, but for PART.clock, PART.event and gsme.flow, which happen once. Those of han, and PART.deaf,',
  'PART.counter, need a HAN on the air (kind: radio).',
]
