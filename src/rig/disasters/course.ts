/** The course of one disaster in one home: while all its faults are in force, and what comes about once all have lifted. */
import type { Micros } from '../../base/ids.ts'
import { parseSpan } from '../../base/time.ts'
import type { Party } from '../../ports/rig-control.ts'
import type { TraceEvent } from '../../ports/trace.ts'
import type { Fault } from '../faults/faults.ts'
import type { Installation } from '../installation.ts'
import type { After, Disaster } from './disaster.ts'
import type { Seen, Sight } from './expectations.ts'

interface Awaited {
  expectation: After
  withinUs: Micros
  cameAfterUs?: Micros
}

export class Course {
  readonly disaster: Disaster
  readonly installation: Installation
  readonly awaited: readonly Awaited[]
  /** As the last fault set in, and as the first lifted. */
  begin: Sight | undefined
  end: Sight | undefined
  /** When the last lifted. */
  private overUs: Micros | undefined
  private readonly needsOf: (step: string) => readonly Party[]
  /** Those that are still to set in, and those still to lift. */
  private readonly toCome: Set<string>
  private readonly toLift: Set<string>
  private readonly faults: number
  private readonly counts = { detached: 0, attached: 0, passed: 0, refused: 0 }
  private readonly steps: { step: string; lacked: readonly Party[]; waitedFor: Party[] }[] = []
  private mostKept = 0

  constructor(options: {
    disaster: Disaster
    faults: readonly Fault[]
    installation: Installation
    needsOf: (step: string) => readonly Party[]
  }) {
    const { disaster, faults, installation } = options
    this.disaster = disaster
    this.installation = installation
    this.needsOf = options.needsOf
    const texts = faults.map(({ text }) => text)
    this.toCome = new Set(texts)
    this.toLift = new Set(texts)
    this.faults = texts.length
    this.awaited = disaster.after.map(expectation => ({ expectation, withinUs: parseSpan(expectation.within) ?? 0 }))
  }

  /** All faults have lifted, and all that is awaited has come or is overdue. */
  get isOver(): boolean {
    this.await()
    const { overUs, nowUs } = this
    if (overUs === undefined) return false
    return this.awaited.every(({ cameAfterUs, withinUs }) => cameAfterUs !== undefined || nowUs - overUs >= withinUs)
  }

  /** One event of this home, as it happens. */
  see(event: TraceEvent): void {
    if (event.kind === 'fault.injected') this.setIn(event.fault)
    else if (event.kind === 'fault.lifted') this.lifted(event.fault)
    if (event.kind === 'step.waited') this.steps.findLast(({ step }) => step === event.step)?.waitedFor.push(event.for)
    this.await()
    if (!this.begin || this.end) return
    this.mostKept = Math.max(this.mostKept, this.installation.hubHere?.hub.session.alertsKept ?? 0)
    this.count(event)
  }

  /** Undefined when its faults were never in force together. */
  get seen(): Omit<Seen, 'verdicts' | 'others'> | undefined {
    const { begin, end, steps, needsOf } = this
    return begin && end && { begin, end, ...this.counts, mostKept: this.mostKept, steps, needsOf }
  }

  private get nowUs(): Micros {
    return this.installation.kernel.nowUs()
  }

  private setIn(fault: string): void {
    if (this.toCome.delete(fault) && this.toCome.size === 0 && this.toLift.size === this.faults)
      this.begin = this.look()
  }

  private lifted(fault: string): void {
    if (!this.toLift.delete(fault)) return
    if (this.begin) this.end ??= this.look()
    if (this.toLift.size === 0) this.overUs = this.nowUs
  }

  /** Looks whether what is awaited has come about. */
  private await(): void {
    const { overUs, nowUs } = this
    if (overUs === undefined) return
    for (const one of this.awaited) {
      if (one.cameAfterUs !== undefined || !this.holds(one.expectation)) continue
      if (nowUs - overUs <= one.withinUs) one.cameAfterUs = nowUs - overUs
    }
  }

  private lackedBy(step: string): Party[] {
    const { parties } = this.installation
    return this.needsOf(step).filter(party => parties[party].lack !== undefined)
  }

  private count(event: TraceEvent): void {
    switch (event.kind) {
      case 'wan.attached':
        this.counts.attached++
        break
      case 'wan.detached':
        this.counts.detached++
        break
      case 'wan.up':
      case 'wan.down':
        this.counts.passed++
        break
      case 'wan.refused':
        this.counts.refused++
        break
      case 'step.started':
        this.steps.push({ step: event.step, lacked: this.lackedBy(event.step), waitedFor: [] })
        break
      default:
    }
  }

  private holds({ expect }: After): boolean {
    const { hubHere, headEnd, parties } = this.installation
    const { alertsKept, session } = this.look()
    switch (expect) {
      case 'service-returns': {
        const apn = hubHere?.link.session?.apn
        const isHeard = apn !== headEnd.apn || headEnd.lack === undefined
        return session !== 'none' && isHeard && Object.values(parties).every(({ lack }) => lack === undefined)
      }
      case 'alerts-arrive':
        return alertsKept === 0
      default:
        return expect satisfies never
    }
  }

  private look(): Sight {
    const { devices, record, hubHere, headEnd } = this.installation
    const session = hubHere?.link.session
    const gas = devices.gsme && record.devices.gsme?.deviceId
    return {
      atUs: this.nowUs,
      endpoint: headEnd.endpoint,
      ...(devices.esme && { electricityWh: devices.esme.totalWh }),
      ...(hubHere && {
        session: session ? `${session.apn} ${session.ip}` : 'none',
        alertsKept: hubHere.hub.session.alertsKept,
      }),
      ...(hubHere &&
        gas !== undefined && {
          gasHeardMs: hubHere.hub.deviceLog.list().find(({ deviceId }) => deviceId === gas)?.lastCommunicationMs,
        }),
    }
  }
}
