/** The devices of one home on the simulated air, and a stick on it whose line a foreign host opens: the host is the coordinator. */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import { BROKER_PATIENCE, Flights } from '../clocks/flights.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'
import { Home, type HomeMemory, type HomeOptions } from '../home.ts'
import type { Dongle, DongleKind } from './dongle.ts'
import { HostLine } from './host-line.ts'

/** How often somebody presses the buttons of devices that wait to join. Assumed. */
const BUTTON_US: Micros = seconds(2)

/** What a stick and its devices keep while they have no power: plain values that can be written as JSON, keys among them. */
export interface DongleMemory {
  home: HomeMemory
  /** Of the stick, as its kind has it. */
  stick: unknown
}

export interface DongleHomeOptions extends Omit<HomeOptions, 'foreignCoordinator' | 'memory'> {
  /** What they kept from before this process. */
  memory?: DongleMemory | undefined
  kind: DongleKind
  /** To the host. */
  link: ByteLink
  /** `hold`: gives the host its turn. */
  clock: RunClock & { hold?(timeline: Timeline, forMs: number, options?: { untilSpoken: boolean }): void }
  /** A host opened the line, or (with the reason) went. */
  onHost?: (gone?: string) => void
}

export class DongleHome {
  readonly home: Home
  readonly dongle: Dongle
  private readonly clock: RunClock
  private readonly line: HostLine
  private readonly timeline: Timeline

  constructor({ kind, link, clock, onHost = () => {}, memory, ...options }: DongleHomeOptions) {
    const home = new Home({ ...options, memory: memory?.home, foreignCoordinator: true })
    const { kernel, tracer, record } = home
    const { deviceId } = record.devices.chf
    this.home = home
    this.clock = clock
    const flights = new Flights({ patience: BROKER_PATIENCE })
    this.timeline = { id: record.id, kernel, flights, lines: new Map() }
    const { timeline } = this
    this.line = new HostLine({ link, clock, timeline, part: 'hub', onHost })
    this.dongle = kind.make({
      link: this.line,
      eui64: deviceId,
      radio: home.han.stick(deviceId),
      clock: kernel,
      timers: kernel,
      random: { stream: label => kernel.random.stream(`dongle/${label}`) },
      trace: tracer.part('dongle'),
      yield: (forMs, how) => clock.hold?.(timeline, forMs, how),
      ...(memory && { memory: memory.stick }),
    })
    home.furnish({ joinEveryUs: BUTTON_US })
  }

  /** What they would keep if they lost power now. */
  memory(): DongleMemory {
    return { home: this.home.homeMemory(), stick: this.dongle.memory() }
  }

  /** Switches the devices on: each looks for an open network until it finds one. */
  start(): void {
    const { clock, timeline } = this
    clock.add(timeline)
    clock.inject(timeline, 'power on', () => this.home.powerOn())
  }

  stop(): void {
    this.clock.stop()
    this.line.close()
  }
}
