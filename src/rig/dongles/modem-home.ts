/** The modem of one home's hub on a line to a foreign terminal, before the SIM platform and the packet gateway of its rig. */
import type { Eui64 } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import { Modem } from '../../dongle/modem/modem.ts'
import type { ModemFacts, OperatorFacts } from '../../dongle/modem/works.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { Tracer, type TraceSink } from '../../kernel/tracer.ts'
import type { Group } from '../../migration/group.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { ChfProfile } from '../../profiles/profile.ts'
import type { Installation as InstallationRecord } from '../../profiles/rig.ts'
import type { HubLink } from '../../wan/hub-link.ts'
import { PacketGateway } from '../../wan/packet-gateway.ts'
import { SimPlatform } from '../../wan/sim-platform.ts'
import { SmsCentre } from '../../wan/sms-centre.ts'
import { BROKER_PATIENCE, Flights } from '../clocks/flights.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'
import type { Fault } from '../faults/faults.ts'
import { Outage } from '../faults/outage.ts'
import { HostLine } from './host-line.ts'

export interface ModemHomeOptions {
  record: InstallationRecord
  group: Group
  /** Those of the hub's line; they are there from the start. */
  faults: readonly Fault[]
  seed: string
  startUnixMs: number
  sink: TraceSink
  /** To the terminal. */
  link: ByteLink
  clock: RunClock
  /** A terminal opened the line, or (with the reason) went. */
  onHost: (gone?: string) => void
}

export class ModemHome {
  readonly modem: Modem
  /** Coverage and sessions of the hub's SIM. */
  readonly wan: HubLink
  readonly sims: SimPlatform
  readonly smsCentre: SmsCentre
  readonly timeline: Timeline
  private readonly clock: RunClock
  private readonly line: HostLine

  constructor({ record, group, faults, seed, startUnixMs, sink, link, clock, onHost }: ModemHomeOptions) {
    const { sim, devices } = record
    const { deviceId, profile } = devices.chf
    const kernel = new Kernel({ seed: `${seed}/${record.id}`, startUnixMs })
    const tracer = new Tracer({ clock: kernel, installation: record.id, sink })
    this.clock = clock
    this.sims = new SimPlatform({
      plans: Object.fromEntries(Object.entries(group.plans).map(([name, { apns }]) => [name, apns])),
      allocate: () => undefined,
    })
    // Its network has given every address that the rig names; the plan says on which access points it may be.
    this.sims.add({ ...sim, addresses: { ...sim.staticAddress, ...sim.addresses } })
    // Nothing is behind the gateway: a modem like this carries no payload.
    const gateway = new PacketGateway({ sims: this.sims, outlet: { up: () => {}, session: () => {} } })
    const wan = gateway.link({
      installation: record.id,
      hub: deviceId,
      imsi: sim.imsi,
      timers: kernel,
      trace: tracer.part('wan'),
      attachUs: milliseconds(profile.wan.attachMs),
    })
    this.wan = wan
    const wanOutage = new Outage({ begins: () => wan.setCoverage(false), ends: () => wan.setCoverage(true) })
    for (const { installation = record.id, onLine } of faults) {
      if (installation === record.id) onLine?.({ imsi: sim.imsi, wanOutage }, this.sims)
    }
    this.smsCentre = new SmsCentre({ clock: kernel, timers: kernel, trace: tracer.part('sms') })
    this.timeline = { id: record.id, kernel, flights: new Flights({ patience: BROKER_PATIENCE }), lines: new Map() }
    this.line = new HostLine({ link, clock, timeline: this.timeline, part: 'modem', onHost })
    this.modem = new Modem({
      ...{ link: this.line, wan, clock: kernel, timers: kernel, sim },
      sms: this.smsCentre.link(sim.msisdn, () => wan.standing),
      trace: tracer.part('modem'),
      facts: modemFacts(profile, deviceId),
      operator: operatorFacts(group.communicationsProvider, sim.imsi),
    })
  }

  /** Switches it on. */
  start(): void {
    this.clock.add(this.timeline)
  }

  stop(): void {
    this.clock.stop()
    this.line.close()
  }
}

/** What a hub's modem says of itself. */
export function modemFacts({ wan }: ChfProfile, hub: Eui64): ModemFacts {
  const {
    modemManufacturer: manufacturer,
    modemModel: model,
    modemRevision: revision,
    modemTechnology: technology,
  } = wan
  return { manufacturer, model, revision, technology, imei: imeiOf(hub) }
}

/**
 * The operator a SIM is of, with one cell.
 * @source assumed: network codes of two digits, as in Britain; area, cell and service centre (of the numbers Ofcom keeps for drama)
 */
export function operatorFacts(name: string, imsi: string): OperatorFacts {
  return { plmn: imsi.slice(0, 5), name, area: '00C3', cell: '0001A2B3', smsCentre: '447700900000' }
}

/** Of the range for tests, with its check digit. @source 3GPP TS 23.003, 6.2; the number: assumed, from the hub's address */
function imeiOf(hub: Eui64): string {
  const digits = `00100100${(Number.parseInt(hub.slice(-6), 16) % 1_000_000).toString().padStart(6, '0')}`
  const sum = [...digits].reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}
