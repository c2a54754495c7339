/** The hardware of one installation: its sticks, its modem, the relays of its real parts, and what is away of it. */
import { InvariantError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { HanCapabilities, HanCoordinator } from '../../ports/han.ts'
import type { Radio } from '../../ports/radio.ts'
import { PARTS, type Part } from '../../profiles/parts.ts'
import type { Installation, RigStick } from '../../profiles/rig.ts'
import { RADIO_DRIVERS } from '../../profiles/rig-sticks.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'
import { deviceOf } from '../faults/fault-kind.ts'
import { Outage } from '../faults/outage.ts'
import { BenchModem } from './bench-modem.ts'
import { capabilitiesOf, carrierOf, hasRealParts, isOnRealAir } from './capabilities.ts'
import { CoordinatorStick, type CoordinatorWorld } from './coordinator-stick.ts'
import { type BenchStick, RadioStick } from './radio-stick.ts'
import { Relay } from './relay.ts'
import { StickCapture } from './stick-capture.ts'

/** Makes the coordinator of a HAN on a stick, in place of the driver that the rig names. */
export type MakeCoordinator = (stick: RigStick, world: CoordinatorWorld) => HanCoordinator

export interface BenchOptions {
  record: Installation
  clock: RunClock
  timeline: Timeline
  coordinators?: MakeCoordinator | undefined
  /** Takes the octets of the capture of real air, the file header first. */
  onCapture?: ((octets: Uint8Array) => void) | undefined
  /** Hardware went away, or is back. */
  onChange: () => void
  onProblem: (text: string) => void
}

/** Undefined when nothing of the installation is real. */
export const benchOf = (options: BenchOptions): Bench | undefined =>
  hasRealParts(options.record) ? new Bench(options) : undefined

export class Bench {
  private readonly options: BenchOptions
  private readonly sticks = new Map<Part | 'nothing', BenchStick>()
  private readonly relays = new Map<Eui64, Relay>()
  /** On a replay: what came of a power cut is in the record. */
  private readonly recorded = new Map<Eui64, Outage>()
  private readonly capture: StickCapture | undefined
  /** Through which the emulated hub goes to the SM WAN; undefined where that is emulated. */
  readonly modem: BenchModem | undefined
  /** What the coordinator of the HAN says of itself, where it is none of ours. */
  hubCapabilities: HanCapabilities | undefined

  constructor(options: BenchOptions) {
    const { record, clock, timeline, onChange, onProblem, onCapture, coordinators } = options
    this.options = options
    const { modem, sim } = record
    this.capture = onCapture && isOnRealAir(record) ? new StickCapture(timeline.kernel, onCapture) : undefined
    this.modem = modem && new BenchModem({ record: modem, sim, clock, timeline, onChange })
    for (const stick of record.sticks) {
      const own = RADIO_DRIVERS.includes(stick.driver)
      if (!own && coordinators) continue
      const made = { record: stick, clock, timeline, onChange }
      this.sticks.set(stick.carries, own ? new RadioStick(made) : this.coordinatorStick(made))
    }
    for (const part of PARTS) {
      const device = record.devices[part === 'hub' ? 'chf' : part]
      if (device?.kind !== 'real' || !device.power) continue
      const name = `${record.id} ${part}`
      if (clock.replays) this.recorded.set(device.deviceId, new Outage({ begins: () => {}, ends: () => {} }))
      else this.relays.set(device.deviceId, new Relay({ name, power: device.power, onProblem }))
    }
    this.listenIn()
  }

  /** The radio of an emulated part, by its address. */
  radio(eui64: Eui64): Radio {
    const part = this.partOf(eui64)
    const stick = part && this.sticks.get(part)
    if (!(stick instanceof RadioStick)) throw new InvariantError(`no stick carries ${part ?? eui64}`)
    return this.capture?.radio(stick.record.id, stick.radio) ?? stick.radio
  }
  /** The hub's radio side, where its stick has a stack of its own; otherwise ours stands on `radio`. */
  coordinator(world: CoordinatorWorld): HanCoordinator | undefined {
    const record = carrierOf(this.options.record, 'hub')
    if (!record || RADIO_DRIVERS.includes(record.driver)) return undefined
    const made = this.options.coordinators?.(record, world) ?? this.herdsman(record, world)
    this.hubCapabilities = made.capabilities
    return made
  }
  /** The power of a real part; undefined when nothing can switch it. */
  powerOf(eui64: Eui64): Outage | undefined {
    return this.relays.get(eui64)?.powerCut ?? this.recorded.get(eui64)
  }

  /** Why one of these devices cannot be reached now: its own stick or the hub's is away; for none, why the hub itself cannot. */
  away(devices: readonly Eui64[]): string | undefined {
    if (this.modem?.away !== undefined) return this.modem.away
    if (devices.length === 0) return undefined
    const parts = devices.map(device => this.partOf(device))
    for (const part of ['hub', ...parts] as const) {
      const why = part && this.sticks.get(part)?.away
      if (why !== undefined) return why
    }
    return undefined
  }
  /** Every stick that is away, and the modem, in words; of sticks with a stack of their own only when asked for. */
  absent({ coordinators }: { coordinators: boolean }): string[] {
    const asked = [...this.sticks.values()].filter(stick => coordinators || stick instanceof RadioStick)
    const absent = [...asked.map(({ away }) => away), this.modem?.absent]
    return absent.flatMap(why => why ?? [])
  }
  /** A stick with a stack of its own takes long to start. */
  get isSlow(): boolean {
    return [...this.sticks.values()].some(stick => stick instanceof CoordinatorStick)
  }

  async open(): Promise<void> {
    await Promise.all([...[...this.sticks.values()].map(stick => stick.open()), this.modem?.open()])
  }
  /** Lets go of every line; every part has its power. */
  async close(): Promise<void> {
    this.modem?.close()
    await Promise.all([
      ...[...this.sticks.values()].map(stick => stick.close()),
      ...[...this.relays.values()].map(relay => relay.restore()),
    ])
  }

  private coordinatorStick(made: ConstructorParameters<typeof RadioStick>[0]): CoordinatorStick {
    const capabilities = capabilitiesOf(this.options.record, 'hub')
    if (!capabilities) throw new InvariantError('a home has a hub')
    return new CoordinatorStick({ ...made, capabilities })
  }

  private herdsman({ id }: RigStick, world: CoordinatorWorld): HanCoordinator {
    const stick = this.sticks.get('hub')
    if (!(stick instanceof CoordinatorStick)) throw new InvariantError(`stick ${id} carries no hub`)
    return stick.coordinator(world)
  }

  private listenIn(): void {
    const ear = this.sticks.get('nothing')
    if (!(ear instanceof RadioStick)) return
    const { channel } = this.options.record.han
    ear.radio.configure({ channel, promiscuous: true })
    this.capture?.listenTo(ear.record.id, ear.radio)
  }

  private partOf(eui64: Eui64): Part | undefined {
    return PARTS.find(part => deviceOf(this.options.record, part) === eui64)
  }
}
