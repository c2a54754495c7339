/**
 * A rig brought up: installations, SIM platform and packet gateway, bridged to a broker and driven by one clock.
 * The only place that knows what is emulated.
 */
import { UsageError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { minutes, seconds } from '../base/time.ts'
import type { BrokerMessage } from '../ports/broker.ts'
import type { Need, Party, Reliance, RigControl } from '../ports/rig-control.ts'
import type { Installation as InstallationRecord } from '../profiles/rig.ts'
import type { CaptureKey } from '../radio/zigbee-pc-keys.ts'
import { type GatewayOutlet, PacketGateway } from '../wan/packet-gateway.ts'
import { SimPlatform } from '../wan/sim-platform.ts'
import { SimReturns } from '../wan/sim-returns.ts'
import { addressesOf } from './address-pool.ts'
import { hasRealParts, isOnRealAir, lackOf } from './bench/capabilities.ts'
import { Bridge } from './bridge.ts'
import type { Arrival } from './clocks/inlet.ts'
import type { Came, Question } from './clocks/run-clock.ts'
import { CspDesk, type CspDeskOptions } from './csp-desk.ts'
import type { Installation, InstallationMemory } from './installation.ts'
import { RawTunnels } from './raw/raw-tunnels.ts'
import type { RigMemory, RigOptions } from './rig-options.ts'
import { assemble, type Running } from './running.ts'
import { SmsDesk } from './sms-desk.ts'
import { keepRig, keptRig } from './state/kept-rig.ts'
import { Passage } from './state/passage.ts'
import { RETURN_WITHIN_US } from './state/returning.ts'

/** Longest wait for a gas meter to be heard once before it falls silent. */
const FIRST_HEARD_US = minutes(120)
/** After the process died: its devices have found each other by then. Assumed. */
const BACK_US = seconds(30)

export class Rig implements RigControl {
  readonly sims: SimPlatform
  readonly gateway: PacketGateway
  private readonly options: RigOptions
  private readonly bridge: Bridge
  private readonly desk: CspDesk
  private readonly passage: Passage
  private readonly running: ReadonlyMap<string, Running>
  /** Takes what the driver heard, on a replay: set by whoever it hears through. */
  onRecorded: (message: Came) => void = () => {}
  /** Messages for addresses that no SIM of this rig has. */
  unknownAddresses = 0
  readonly sms: SmsDesk
  /** Ports of real hubs; undefined where the rig names none. */
  readonly raw: RawTunnels | undefined

  constructor(options: RigOptions) {
    const { record, group } = options
    const { state, driven } = options
    const ids = record.installations.map(({ id }) => id)
    this.options = options
    this.passage = new Passage({ state, driven })
    const bench = record.installations.find(hasRealParts)
    if (bench && options.clock.mode !== 'real' && !options.clock.replays) {
      throw new UsageError(`${bench.id} has real parts, which live by the wall clock: clock real expected`)
    }
    const returns = group.simFiles && { ...group.simFiles, apns: group.apns }
    this.sims = new SimPlatform({
      plans: Object.fromEntries(Object.entries(group.plans).map(([name, { apns }]) => [name, apns])),
      allocate: addressesOf(record, group),
      ...(returns && { returns }),
    })
    const memory = options.memory ?? (state && keptRig(state, ids))
    const simReturns = new SimReturns(this.sims, returns, state?.get('returns'))
    const deskOptions: CspDeskOptions = {
      sims: this.sims,
      returns: simReturns,
      installationOf: imsi => {
        const one = this.installations.find(({ record }) => record.sim.imsi === imsi)
        return one && { id: one.id, trace: one.tracer.part('sim') }
      },
      inject: (id, message, act) => this.enter(this.of(id), 'csp request', act, message),
      arrived: (id, { topic, payload }) => this.of(id).flights.arrived(topic, payload),
      publish: (id, topic, payload) => this.bridge.publish(id, topic, payload),
    }
    this.desk = new CspDesk(deskOptions, state?.get('desk'))
    this.sms = new SmsDesk({
      addresseeOf: msisdn => this.installations.find(({ record }) => record.sim.msisdn === msisdn)?.smsAddressee,
      inject: (id, message, act) => this.enter(this.of(id), 'sms', act, message),
      arrived: (id, { topic, payload }) => this.of(id).flights.arrived(topic, payload),
      onProblem: options.onProblem,
    })
    this.bridge = new Bridge({
      broker: options.broker,
      ...(options.login && { login: options.login }),
      name: options.name,
      lasting: state !== undefined,
      epoch: state?.get('epoch'),
      ...(this.passage.post && { post: this.passage.post }),
      onDown: (apn, ip, message) => this.passage.take(message, () => this.onDown(apn, ip, message)),
      onCspRequest: (verb, message) => this.passage.take(message, () => this.desk.onRequest(verb, message)),
      onSms: (msisdn, message) => this.passage.take(message, () => this.sms.onMessage(msisdn, message)),
      onSending: (id, topic, payload) => this.running.get(id)?.flights.sent(topic, payload),
      onPublished: (id, topic, payload) => {
        if (!driven) this.running.get(id)?.flights.arrived(topic, payload)
      },
      unixMs: id => this.unixMs(id),
      onProblem: options.onProblem,
    })
    this.raw = this.rawTunnels()
    const outlet: GatewayOutlet = {
      up: (from, octets) => this.bridge.up(from, octets),
      session: (at, to, reason) => {
        this.bridge.session(at, to, reason)
        if (to === 'up') this.running.get(at.installation)?.returning.over()
      },
    }
    this.gateway = new PacketGateway({ sims: this.sims, outlet, uplink: group.uplink })
    const known = new Map(memory?.sims.map(sim => [sim.imsi, sim]))
    for (const { sim } of record.installations) this.sims.add(known.get(sim.imsi) ?? { ...sim })
    this.running = new Map(record.installations.map(one => [one.id, this.assemble(one, memory)]))
    const epoch = { memory: () => this.bridge.lastEpoch }
    const shared = { sims: this.sims, desk: this.desk, returns: simReturns, epoch }
    if (state) keepRig(state, { running: this.running, shared })
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

  /** What would be there of an installation if the process were killed now. @throws InvariantError inside an event */
  memory(id: string): InstallationMemory {
    return this.installation(id).memory()
  }

  /** Connects to the broker and switches every installation on. */
  async start(): Promise<void> {
    const { passage, bridge } = this
    await bridge.start()
    await this.raw?.start()
    const { unacknowledged } = passage
    for (const { installation, topic, payload } of unacknowledged) {
      if (this.options.driven) this.running.get(installation)?.flights.sent(topic, payload)
    }
    await bridge.resend(unacknowledged)
    // That they live again is kept before power comes: no frame counter is used in two lives.
    this.options.state?.keeper.commit(...this.running.keys(), '')
    for (const one of this.running.values()) {
      this.options.clock.add(one)
      await one.watch?.open()
      one.returning.begin(one.kernel)
      one.faults.resume()
      one.faults.reach('power-on')
      this.options.clock.inject(one, 'power on', () => one.installation.powerOn())
    }
    for (const one of this.running.values()) await one.watch?.coordinatorsReady()
    this.desk.resume()
    passage.open(message => bridge.onMessage(message))
  }

  /** `forget`: there will be no other life, for which the broker would have to keep what comes. */
  async stop({ forget = false } = {}): Promise<void> {
    this.options.clock.stop()
    const benches = [...this.running.values()].map(({ watch }) => watch?.bench.close())
    await Promise.allSettled([this.bridge.stop(forget), this.raw?.stop(), ...benches])
  }

  /**
   * Lets ordinary life go on for as long as the rig file says, then sets the faults that precede a migration. Real parts have had
   * a life of their own: on a bench it is over as soon as every device is on the HAN.
   */
  async settle(id: string): Promise<void> {
    const { installation } = this.of(id)
    const onRealAir = isOnRealAir(installation.record)
    const isOver = () => onRealAir && installation.isAssembled
    const livedUs = await this.comeBack(id)
    const leftUs = minutes(this.options.record.settleMin) - livedUs
    if (leftUs > 0) await this.waitFor(id, isOver, leftUs)
    await this.precede(id)
  }

  /** After an earlier life: lets the home find itself again. Returns how long it had lived; 0 for a new one. */
  private async comeBack(id: string): Promise<number> {
    const { kernel, returning, installation } = this.of(id)
    if (!installation.isResumed) return 0
    const livedUs = kernel.nowUs()
    await this.waitFor(id, () => returning.isOver, RETURN_WITHIN_US)
    await this.pass(id, BACK_US)
    return livedUs
  }

  /** Sets the faults that precede a migration, and lets those pass that last a while. */
  async precede(id: string): Promise<void> {
    const one = this.of(id)
    for (const fault of one.faults.preceding) {
      // A silence begins when the meter was just heard, so that its age is what the fault says.
      const isNew = !one.faults.has(fault)
      if (fault.lastsUs !== undefined && isNew) await this.nextHeard(one)
      const sinceUs = one.faults.set(fault)
      const leftUs = sinceUs + (fault.lastsUs ?? 0) - this.nowUs(id)
      if (leftUs > 0) await this.pass(id, leftUs)
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
    this.passage.arrived({ topic, payload }, id)
    one.flights.arrived(topic, payload)
  }
  overheard({ topic, payload }: Pick<BrokerMessage, 'topic' | 'payload'>): void {
    this.passage.arrived({ topic, payload })
    for (const { flights } of this.running.values()) flights.arrived(topic, payload)
  }
  ask<A extends string>(id: string, question: Question<A>): Promise<A> {
    const { clock } = this.options
    return clock.ask ? clock.ask(this.of(id), question) : question.ask()
  }
  forgetUnderWay(id: string): void {
    this.of(id).flights.forget()
  }
  phaseBegins(id: string, phase: string): void {
    this.of(id).faults.reach(`phase:${phase}`)
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
  listedAs(id: string) {
    return this.of(id).installation.listedAs
  }
  partyOut(id: string, party: Party): string | undefined {
    return this.of(id).installation.parties[party].lack
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

  private onDown(apn: string, ip: string, message: BrokerMessage): void {
    const { topic, payload } = message
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
    const act = this.passage.later(message, one.id, () => this.gateway.down(apn, ip, payload))
    one.returning.whenOver(() => this.options.clock.inject(one, 'wan down', act, arrival))
    one.flights.arrived(topic, payload)
  }

  /** What a message brings about in an installation, in its time; kept until it has happened. */
  private enter(one: Running, name: string, act: () => void, message?: BrokerMessage): void {
    const kept = message ? this.passage.later(message, one.id, act) : act
    const arrival: Arrival | undefined = message && { from: 'broker', topic: message.topic, octets: message.payload }
    this.options.clock.inject(one, name, kept, arrival)
  }

  /** On a replay no port is opened. */
  private rawTunnels(): RawTunnels | undefined {
    const { record, broker, login, name, clock, onProblem } = this.options
    const { installations } = record
    if (clock.replays || installations.every(({ raw }) => raw.length === 0)) return undefined
    return new RawTunnels({ broker, login, name, installations, sims: this.sims, onProblem })
  }

  private assemble(record: InstallationRecord, memory: RigMemory | undefined): Running {
    const { gateway, sims, options } = this
    return assemble({
      ...{ record, gateway, sims, options: { ...options, memory } },
      away: () => !this.bridge.connected,
      tell: message => this.onRecorded(message),
    })
  }

  private of(id: string): Running {
    const one = this.running.get(id)
    if (!one) throw new Error(`no installation ${id}`)
    return one
  }
}
