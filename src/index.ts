/** What other programs may use: run a migration, load and check the files labs write, speak the WAN message set. */
export { FileError, type FileProblem, InvariantError, UsageError, WireError } from './base/errors.ts'
export type { Broker, BrokerClient } from './ports/broker.ts'
export type { StepVerdict, Verdict } from './ports/verdict.ts'
export { parseClock } from './rig/clocks/run-clock.ts'
export { type Prepared, prepare } from './rig/prepare.ts'
export { type MigrationReport, type MigrationRun, runMigration } from './rig/run-migration.ts'
export { decodeMessage, encodeMessage, type Message, verifyMessage } from './wan/messages/codec.ts'
export type * from './wan/messages/wan-types.generated.ts'
