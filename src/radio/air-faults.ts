/** The faults in force on one air, and what they do to a frame. Each has dice of its own: adding one shifts no other. */
import type { Micros } from '../base/ids.ts'
import type { Clock, Random, RandomStream } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { type AirFault, checkFault, faultText, type Way } from './air-fault.ts'
import { writeFcs } from './fcs.ts'

/** A fault in force. */
export interface InjectedFault {
  /** Ends it; a second time does nothing. */
  lift(): void
}

/** One frame on its way from one radio to another. */
export interface Passage {
  from: string
  to: string
  channel: number
  rssiDbm: number
  startUs: Micros
  endUs: Micros
}

/** What becomes of a frame that was heard, besides its octets: undefined when nothing does. */
export interface Disturbance {
  /** The chip hands it up this much later. */
  delayUs: Micros
  /** And then once more, this much later. */
  againUs: Micros | undefined
  /** Kinds of the faults at work. */
  faults: string[]
}

type Of<K extends AirFault['kind']> = Extract<AirFault, { kind: K }>
interface Active<F extends AirFault = AirFault> {
  fault: F
  dice: RandomStream
  sinceUs: Micros
  /** burst-loss: whether a burst was on, and when that was looked at. */
  burst: { on: boolean; atUs: Micros } | undefined
}

export class AirFaults {
  private readonly clock: Clock
  private readonly random: Random
  private readonly trace: Trace
  private readonly radios: () => readonly string[]
  private readonly captureDb: number
  private readonly active = new Set<Active>()
  private injected = 0

  constructor(world: {
    clock: Clock
    random: Random
    trace: Trace
    radios: () => readonly string[]
    captureDb: number
  }) {
    this.clock = world.clock
    this.random = world.random
    this.trace = world.trace
    this.radios = world.radios
    this.captureDb = world.captureDb
  }

  /** None is in force. */
  get none(): boolean {
    return this.active.size === 0
  }

  /** @throws InvariantError when a value is out of range or names no radio */
  inject(fault: AirFault): InjectedFault {
    checkFault(fault, this.radios())
    const text = faultText(fault)
    const dice = this.random.stream(`air/fault/${this.injected++}/${fault.kind}`)
    const active: Active = { fault: { ...fault }, dice, sinceUs: this.clock.nowUs(), burst: undefined }
    this.active.add(active)
    this.trace.emit({ kind: 'fault.injected', fault: text })
    return {
      lift: () => {
        if (this.active.delete(active)) this.trace.emit({ kind: 'fault.lifted', fault: text })
      },
    }
  }

  isOff(node: string): boolean {
    return this.of('node-off').some(({ fault }) => fault.node === node)
  }
  isDeaf(node: string): boolean {
    return this.of('deaf').some(({ fault }) => fault.node === node)
  }

  /** Why the frame is not heard: the kind of fault; undefined when it is. */
  swallows(passage: Passage): string | undefined {
    // Every die is thrown for every frame, so that one fault's luck does not depend on another's.
    const lost = this.of('loss', passage).filter(({ fault, dice }) => dice.next() < fault.share)
    const burst = this.of('burst-loss', passage).filter(active => inBurst(active, passage.endUs))
    if (this.isOff(passage.from) || this.isOff(passage.to)) return 'node-off'
    if (this.isDeaf(passage.to)) return 'deaf'
    if (this.interferenceDbm(passage.channel, passage) > passage.rssiDbm - this.captureDb) return 'interference'
    return [...lost, ...burst][0]?.fault.kind
  }

  /** How much later each faulty transmitter sends a frame again that begins now, and whether it still would then. */
  replays(from: string): { afterUs: Micros; stillOn: () => boolean }[] {
    const thrown = this.of('replay').filter(({ fault }) => fault.from === undefined || fault.from === from)
    return thrown
      .filter(({ fault, dice }) => dice.next() < fault.share)
      .map(active => ({ afterUs: active.fault.afterUs, stillOn: () => this.active.has(active) }))
  }

  /** What happens to a frame that is heard; flips its bits. */
  disturbs(passage: Passage, octets: Uint8Array): Disturbance | undefined {
    const disturbance: Disturbance = { delayUs: 0, againUs: undefined, faults: [] }
    for (const { fault, dice } of this.of('corrupt', passage)) {
      if (dice.next() >= fault.share) continue
      flip(octets, fault, dice)
      disturbance.faults.push(fault.kind)
    }
    for (const { fault, dice } of this.of('delay', passage)) {
      if (dice.next() >= fault.share) continue
      disturbance.delayUs += fault.delayUs + (fault.jitterUs ? dice.int(fault.jitterUs + 1) : 0)
      disturbance.faults.push(fault.kind)
    }
    for (const { fault, dice } of this.of('duplicate', passage)) {
      if (dice.next() >= fault.share) continue
      disturbance.againUs = fault.afterUs
      disturbance.faults.push(fault.kind)
    }
    return disturbance.faults.length > 0 ? disturbance : undefined
  }

  /** The strongest interference on a channel at some time of a span, dBm; -Infinity when there is none. */
  interferenceDbm(channel: number, span: { startUs: Micros; endUs: Micros }): number {
    let strongest = Number.NEGATIVE_INFINITY
    for (const { fault, sinceUs } of this.of('interference')) {
      if (fault.channel === channel && fault.powerDbm > strongest && isOnDuring(fault, sinceUs, span)) {
        strongest = fault.powerDbm
      }
    }
    return strongest
  }

  private of<K extends AirFault['kind']>(kind: K, way?: Way): Active<Of<K>>[] {
    const found: Active<Of<K>>[] = []
    for (const active of this.active) {
      if (active.fault.kind === kind && (!way || concerns(active.fault, way))) found.push(active as Active<Of<K>>)
    }
    return found
  }
}

function concerns(fault: AirFault, way: Way): boolean {
  const named: Way = 'share' in fault || fault.kind === 'burst-loss' ? fault : {}
  return (named.from === undefined || named.from === way.from) && (named.to === undefined || named.to === way.to)
}

/** Exact two-state process, looked at only when a frame passes: one die however long the silence before it was. */
function inBurst(active: Active<Of<'burst-loss'>>, nowUs: Micros): boolean {
  const { fault, dice, sinceUs } = active
  const last = active.burst ?? { on: false, atUs: sinceUs }
  const share = fault.burstUs / (fault.burstUs + fault.gapUs)
  const kept = Math.exp(-(nowUs - last.atUs) * (1 / fault.burstUs + 1 / fault.gapUs))
  const on = dice.next() < share + ((last.on ? 1 : 0) - share) * kept
  active.burst = { on, atUs: nowUs }
  return on
}

function isOnDuring(
  { onUs, offUs }: Of<'interference'>,
  sinceUs: Micros,
  { startUs, endUs }: { startUs: Micros; endUs: Micros },
): boolean {
  if (offUs === 0) return true
  const phase = Math.max(0, startUs - sinceUs) % (onUs + offUs)
  return phase < onUs || phase + (endUs - startUs) > onUs + offUs
}

/** Flips different bits; those of the FCS only when the fault may be detected. */
function flip(octets: Uint8Array, { bits, undetected }: Of<'corrupt'>, dice: RandomStream): void {
  const places = 8 * (octets.length - (undetected ? 2 : 0))
  const flipped = new Set<number>()
  while (flipped.size < Math.min(bits, places)) flipped.add(dice.int(places))
  for (const bit of flipped) octets[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  if (undetected) writeFcs(octets)
}
