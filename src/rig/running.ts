/** One installation of a running rig, with all that goes with it: its time, its bench, its faults. */
import { fromHex } from '../base/bytes.ts'
import type { Installation as InstallationRecord } from '../profiles/rig.ts'
import type { PacketGateway } from '../wan/packet-gateway.ts'
import type { SimPlatform } from '../wan/sim-platform.ts'
import { benchOf } from './bench/bench.ts'
import { BenchWatch } from './bench/bench-watch.ts'
import { BROKER_PATIENCE, Flights } from './clocks/flights.ts'
import type { Came, Timeline } from './clocks/run-clock.ts'
import { FaultTimetable } from './faults/fault-timetable.ts'
import { kernelOf } from './home.ts'
import { Installation } from './installation.ts'
import type { RigOptions } from './rig-options.ts'
import { keptFaults, wasAttached } from './state/kept-rig.ts'
import { Returning } from './state/returning.ts'

export interface Running extends Timeline {
  installation: Installation
  /** Undefined where nothing is on real air. */
  watch: BenchWatch | undefined
  faults: FaultTimetable
  /** Its hub, after the process died. */
  returning: Returning
}

export interface Assembly {
  record: InstallationRecord
  gateway: PacketGateway
  sims: SimPlatform
  options: RigOptions
  /** The broker is out of reach. */
  away: () => boolean
  /** Takes what the driver heard, on a replay. */
  tell: (message: Came) => void
}

export function assemble({ record, gateway, sims, options, away, tell }: Assembly): Running {
  const { group, clock, sink, onProblem, coordinators } = options
  const own = { record, seed: options.seed, startUnixMs: options.startUnixMs ?? options.record.startsAtUnixMs }
  const memory = options.memory?.installations[record.id]
  const kernel = kernelOf(own, memory)
  const onChange = () => clock.nudge(running)
  const flights = new Flights({ patience: options.patience ?? BROKER_PATIENCE, away, onChange })
  const timeline: Timeline = { id: record.id, kernel, flights, lines: new Map() }
  const onCapture = options.onCapture && ((octets: Uint8Array) => options.onCapture?.(record.id, octets))
  const bench = benchOf({
    ...{ record, clock, timeline, onCapture, coordinators, onProblem },
    onChange: () => watch?.changed(),
  })
  const installation = new Installation({
    ...{ ...own, kernel, memory, bench, onCapture, gateway, sink },
    apn: group.apns.before,
    operators: { [group.apns.before]: 'smso', [group.apns.after]: 's1sp' },
    smsoKey: fromHex(options.record.testKeys.smso),
    otherKeys: options.record.testKeys.others,
    asksDco: group.dco?.authenticates === 'critical',
  })
  const watch = bench && new BenchWatch({ bench, installation, clock, timeline, onProblem })
  const { state } = options
  const faults = new FaultTimetable({
    ...{ installation, faults: options.faults, ended: options.endedFaults, onChange },
    around: { sims, restartBroker: options.restartBroker },
    memory: keptFaults(state, record.id),
  })
  const returning = new Returning(wasAttached(state, record.id))
  // The same object: who enters through the timeline enters here.
  const running: Running = Object.assign(timeline, { installation, watch, faults, returning, tell })
  return running
}
