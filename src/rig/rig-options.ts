/** What a rig is brought up with. */
import type { TraceSink } from '../kernel/tracer.ts'
import type { Group } from '../migration/group.ts'
import type { Broker, BrokerLogin } from '../ports/broker.ts'
import type { Rig as RigRecord } from '../profiles/rig.ts'
import type { SimMemory } from '../wan/sim-platform.ts'
import type { MakeCoordinator } from './bench/bench.ts'
import type { BrokerPatience } from './clocks/flights.ts'
import type { RunClock } from './clocks/run-clock.ts'
import type { Fault } from './faults/faults.ts'
import type { InstallationMemory } from './installation.ts'
import type { RigState } from './state/rig-state.ts'

/** What a rig keeps when the process dies: plain values that can be written as JSON, keys among them. */
export interface RigMemory {
  sims: readonly SimMemory[]
  installations: Readonly<Record<string, InstallationMemory>>
}

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
  /** Those of an earlier life that are no more: what they did is lifted. */
  endedFaults?: readonly Fault[]
  sink: TraceSink
  /** Takes the captures of HANs on the air. */
  onCapture?: ((installation: string, octets: Uint8Array) => void) | undefined
  /** Civil time at the start, Unix ms; the rig file's unless given. */
  startUnixMs?: number
  /** What is there from an earlier process; an installation that is not in it is new. */
  memory?: RigMemory | undefined
  /** Keeps client ids of two rigs on one broker apart. */
  name: string
  /** Makes coordinators on sticks with a stack of their own; zigbee-herdsman drives them unless given. */
  coordinators?: MakeCoordinator | undefined
  /** Where it keeps what has to outlive the process; nothing does unless given. */
  state?: RigState | undefined
  /** Where the broker is our own: faults may drop its connections. */
  restartBroker?: (() => void) | undefined
  onProblem: (text: string) => void
}
