/**
 * A rig brought up: installations, SIM platform and packet gateway, bridged to a broker and driven by one clock.
 * The only place that knows what is emulated.
 */
import { fromHex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { minutes, seconds } from '../base/time.ts'
import type { TraceSink } from '../kernel/tracer.ts'
import type { Group } from '../migration/group.ts'
import type { Broker, BrokerLogin, BrokerMessage } from '../ports/broker.ts'
import type { Need, Reliance, RigControl } from '../ports/rig-control.ts'
import type { Rig as RigRecord } from '../profiles/rig.ts'
import type { CaptureKey } from '../radio/zigbee-pc-keys.ts'
import { PacketGateway } from '../wan/packet-gateway.ts'
import { type Sim, SimPlatform } from '../wan/sim-platform.ts'
import { SimReturns } from '../wan/sim-returns.ts'
import { benchOf, type MakeCoordinator } from './bench/bench.ts'
import { BenchWatch } from './bench/bench-watch.ts'
import { isOnRealAir, lackOf } from './bench/capabilities.ts'
import { Bridge } from './bridge.ts'
import { BROKER_PATIENCE, type BrokerPatience, Flights } from './clocks/flights.ts'
import type { Arrival } from './clocks/inlet.ts'
import type { Came, Question, RunClock, Timeline } from './clocks/run-clock.ts'
import { CspDesk } from './csp-desk.ts'
import type { FaultMoment } from './faults/fault-kind.ts'
import type { Fault } from './faults/faults.ts'
import { kernelOf } from './home.ts'
import { Installation } from './installation.ts'

/** Longest wait for a gas meter to be heard once before it falls silent. */
const FIRST_HEARD_US = minutes(120)

export interface RigOptions {
  record: RigRecord
  group: Group
  seed: string
  clock: RunClock
  broker: Broker
  login?: BrokerLogin
  patience?: BrokerPatience
  /** Whether parties of ours receive what hubs send; otherwise a PUBACK is all there will be. */
  driven: boolean
  faults: readonly Fault[]
  sink: TraceSink
  /** Takes the captures of HANs on the air. */
  onCapture?: ((installation: string, octets: Uint8Array) => void) | undefined
  /** Civil time at the start, Unix ms; the rig file's unless given. */
  startUnixMs?: number
  /** Keeps client ids of two rigs on one broker apart. */
  name: string
  /** Makes coordinators on sticks with a stack of their own; zigbee-herdsman drives them unless given. */
  coordinators?: MakeCoordinator | undefined
  onProblem: (text: string) => void
}

interface Running extends Timeline {
  installation: Installation
  /** Undefined where nothing is on real air. */
  watch: BenchWatch | undefined
  /** Faults in force, and what lifts them. */
  faults: Map<Fault, () => void>
}

export class Rig implements RigControl {
  readonly sims: SimPlatform
  readonly gateway: PacketGateway
  private readonly options: RigOptions
  private readonly bridge: Bridge
  private readonly running: ReadonlyMap<string, Running>
  /** Takes what the driver heard, on a replay: set by whoever it hears through. */
  onRecorded: (message: Came) => void = () => {}
  /** Messages for addresses that no SIM of this rig has. */
  unknownAddresses = 0

  constructor(options: RigOptions) {
    const { record, group } = options
    this.options = options
    const bench = record.installations.find(isOnRealAir)
    if (bench && options.clock.mode !== 'real' && !options.clock.replays) {
      throw new UsageError(`${bench.id} has real parts, which live by the wall clock: clock real expected`)
    }
    const returns = group.simFiles && { ...group.simFiles, apns: group.apns }
    this.sims = new SimPlatform({
      plans: Object.fromEntries(Object.entries(group.plans).map(([name, { apns }]) => [name, apns])),
      allocate: (sim, apn) => this.allocate(sim, apn),
      ...(returns && { returns }),
    })
    const desk = new CspDesk({
      sims: this.sims,
      returns: new SimReturns(this.sims, returns),
      installationOf: imsi => {
        const one = this.installations.find(({ record }) => record.sim.imsi === imsi)
        return one && { id: one.id, trace: one.tracer.part('sim') }
      },
      inject: (id, { topic, payload }, act) =>
        this.options.clock.inject(this.of(id), 'csp request', act, { from: 'broker', topic, octets: payload }),
      arrived: (id, { topic, payload }) => this.of(id).flights.arrived(topic, payload),
      publish: (id, topic, payload) => this.bridge.publish(id, topic, payload),
    })
    this.bridge = new Bridge({
      broker: options.broker,
      ...(options.login && { login: options.login }),
      name: options.name,
      onDown: (apn, ip, message) => this.onDown(apn, ip, message),
      onCspRequest: (verb, message) => desk.onRequest(verb, message),
      onSending: (id, topic, payload) => this.running.get(id)?.flights.sent(topic, payload),
      onPublished: (id, topic, payload) => {
        if (!options.driven) this.running.get(id)?.flights.arrived(topic, payload)
      },
      unixMs: id => this.unixMs(id),
      onProblem: options.onProblem,
    })
    this.gateway = new PacketGateway({ sims: this.sims, outlet: this.bridge })
    for (const { sim } of record.installations) this.sims.add({ ...sim, addresses: { ...sim.addresses } })
    this.running = new Map(record.installations.map(one => [one.id, this.assemble(one)]))
  }

  get installations(): Installation[] {
    return [...this.running.values()].map(({ installation }) => installation)
  }
  installation(id: string): Installation {
    return this.of(id).installation
  }

  /** Test keys that open what was captured, told apart by installation; none where nothing is on the air. */
  captureKeys(): CaptureKey[] {
    return this.installations.flatMap(({ record, han }) =>
      han.captureKeys().map(({ key, label }) => ({ key, label: `${record.id} ${label}` })),
    )
  }

  /** Connects to the broker and switches every installation on. */
  async start(): Promise<void> {
    await this.bridge.start()
    for (const one of this.running.values()) {
      this.options.clock.add(one)
      await one.watch?.open()
      this.moment(one, 'power-on')
      this.options.clock.inject(one, 'power on', () => one.installation.powerOn())
    }
    for (const one of this.running.values()) await one.watch?.coordinatorsReady()
  }

  async stop(): Promise<void> {
    this.options.clock.stop()
    const benches = [...this.running.values()].map(({ watch }) => watch?.bench.close())
    await Promise.allSettled([this.bridge.stop(), ...benches])
  }

  /**
   * Lets ordinary life go on for as long as the rig file says, then sets the faults that precede a migration. Real parts have had
   * a life of their own: on a bench it is over as soon as every device is on the HAN.
   */
  async settle(id: string): Promise<void> {
    const { watch, installation } = this.of(id)
    const isOver = () => watch !== undefined && installation.isAssembled
    await this.waitFor(id, isOver, minutes(this.options.record.settleMin))
    await this.precede(id)
  }

  /** Sets the faults that precede a migration, and lets those pass that last a while. */
  async precede(id: string): Promise<void> {
    const one = this.of(id)
    for (const fault of this.faultsAt(id, 'settled')) {
      // A silence begins when the meter was just heard, so that its age is what the fault says.
      if (fault.lastsUs !== undefined) await this.nextHeard(one)
      this.inject(one, fault)
      if (fault.lastsUs !== undefined) await this.pass(id, fault.lastsUs)
    }
  }

  nowUs(id: string): number {
    return this.of(id).kernel.nowUs()
  }
  unixMs(id: string): number {
    return this.of(id).kernel.unixMs()
  }
  waitFor(id: string, until: () => boolean, withinUs: number): Promise<boolean> {
    const one = this.of(id)
    return one.watch?.waitFor(until, withinUs) ?? this.options.clock.waitFor(one, until, withinUs)
  }
  sending(id: string, topic: string, payload: Uint8Array): void {
    this.of(id).flights.sent(topic, payload)
  }
  received(id: string, { topic, payload }: Pick<BrokerMessage, 'topic' | 'payload'>, take: () => void): void {
    const one = this.of(id)
    const { clock } = this.options
    if (clock.receive) clock.receive(one, { topic, payload }, take)
    else take()
    one.flights.arrived(topic, payload)
  }
  ask<A extends string>(id: string, question: Question<A>): Promise<A> {
    const { clock } = this.options
    return clock.ask ? clock.ask(this.of(id), question) : question.ask()
  }
  forgetUnderWay(id: string): void {
    this.of(id).flights.forget()
  }
  phaseBegins(id: string, phase: string): void {
    this.moment(this.of(id), `phase:${phase}`)
  }
  /** Does something in the time of an installation, now. */
  act(id: string, name: string, fire: () => void): void {
    this.options.clock.inject(this.of(id), name, fire)
  }
  trace(id: string) {
    return this.of(id).installation.tracer.part('driver')
  }
  away(id: string, devices: readonly Eui64[]): string | undefined {
    return this.of(id).watch?.bench.away(devices)
  }
  relyOn(id: string, devices: readonly Eui64[]): Reliance {
    return this.of(id).watch?.relyOn(devices) ?? { lapse: undefined, end: () => {} }
  }
  lacks(id: string, need: Need, device: Eui64): string | undefined {
    const { installation, watch } = this.of(id)
    return lackOf(installation.record, { need, device, hub: watch?.bench.hubCapabilities })
  }

  private pass(id: string, spanUs: number): Promise<boolean> {
    return this.waitFor(id, () => false, spanUs)
  }

  private async nextHeard({ installation }: Running): Promise<void> {
    const meter = installation.record.devices.gsme?.deviceId
    const heard = () => installation.hubHere?.hub.deviceLog.list().find(e => e.deviceId === meter)?.lastCommunicationMs
    const before = heard()
    await this.waitFor(installation.id, () => heard() !== before, FIRST_HEARD_US)
    await this.pass(installation.id, seconds(30))
  }

  private moment(one: Running, moment: FaultMoment): void {
    for (const fault of one.faults.keys()) if (fault.lifts === moment) this.lift(one, fault)
    if (moment === 'settled') return
    for (const fault of this.faultsAt(one.installation.id, moment)) this.inject(one, fault)
  }

  private inject(one: Running, fault: Fault): void {
    const { installation } = one
    const { kernel, tracer } = installation
    const set = () => {
      tracer.part('fault').emit({ kind: 'fault.injected', fault: fault.text })
      const lift = fault.inject(installation, this.sims)
      if (lift) one.faults.set(fault, lift)
      if (fault.forUs !== undefined) kernel.after(fault.forUs, 'fault lifts', () => this.lift(one, fault))
    }
    if (fault.afterUs === undefined) set()
    else kernel.after(fault.afterUs, 'fault sets in', set)
    this.options.clock.nudge(one)
  }

  private lift(one: Running, fault: Fault): void {
    const lift = one.faults.get(fault)
    if (!lift) return
    one.faults.delete(fault)
    lift()
    one.installation.tracer.part('fault').emit({ kind: 'fault.lifted', fault: fault.text })
  }

  private faultsAt(id: string, moment: FaultMoment): Fault[] {
    return this.options.faults.filter(fault => fault.sets === moment && (fault.installation ?? id) === id)
  }

  private onDown(apn: string, ip: string, { topic, payload }: BrokerMessage): void {
    const owner = this.gateway.ownerOf(apn, ip)
    const one = owner && this.running.get(owner.installation)
    if (!one) {
      // It is for whoever fronts the hub.
      const holder = this.installations.find(({ record }) => record.sim.imsi === this.sims.holderOf(apn, ip)?.imsi)
      if (holder && !holder.hubHere) return this.of(holder.id).flights.arrived(topic, payload)
      this.unknownAddresses++
      return this.options.onProblem(`${topic}: no hub has this address; ${payload.length} octets dropped`)
    }
    const arrival: Arrival = { from: 'broker', topic, octets: payload }
    this.options.clock.inject(one, 'wan down', () => this.gateway.down(apn, ip, payload), arrival)
    one.flights.arrived(topic, payload)
  }

  private assemble(record: RigRecord['installations'][number]): Running {
    const { options } = this
    const { group, clock } = options
    const own = { record, seed: options.seed, startUnixMs: options.startUnixMs ?? options.record.startsAtUnixMs }
    const kernel = kernelOf(own)
    const flights = new Flights({
      patience: options.patience ?? BROKER_PATIENCE,
      away: () => !this.bridge.connected,
      onChange: () => clock.nudge(running),
    })
    const timeline: Timeline = { id: record.id, kernel, flights, lines: new Map() }
    const onCapture = options.onCapture && ((octets: Uint8Array) => options.onCapture?.(record.id, octets))
    const bench = benchOf({
      ...{ record, clock, timeline, onCapture, coordinators: options.coordinators },
      onChange: () => watch?.changed(),
      onProblem: options.onProblem,
    })
    const installation = new Installation({
      ...{ ...own, kernel, bench, onCapture },
      gateway: this.gateway,
      sink: options.sink,
      apn: group.apns.before,
      operators: { [group.apns.before]: 'smso', [group.apns.after]: 's1sp' },
      smsoKey: fromHex(options.record.testKeys.smso),
    })
    const { onProblem } = options
    const watch = bench && new BenchWatch({ bench, installation, clock, timeline, onProblem })
    // The same object: who enters through the timeline enters here.
    const running: Running = Object.assign(timeline, {
      ...{ installation, watch, faults: new Map() },
      tell: (message: Came) => this.onRecorded(message),
    })
    return running
  }

  /** By position in the rig, so that the order in which installations migrate changes nothing. */
  private allocate(sim: Sim, apn: string): string | undefined {
    const { record, group } = this.options
    const position = record.installations.findIndex(one => one.sim.imsi === sim.imsi)
    const given = record.installations[position]?.sim.staticAddress[apn]
    if (given) return given
    return apn === group.apns.after ? addressAfter(group.addressPool.first, position) : undefined
  }

  private of(id: string): Running {
    const one = this.running.get(id)
    if (!one) throw new Error(`no installation ${id}`)
    return one
  }
}

function addressAfter(first: string, position: number): string {
  const base = first.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const address = base + position
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')
}
