/** What a meter writes down of itself, and what of that it tells its hub: two logs, and events that wait to be told. */
import type { Clock } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import { EventLog, type LogEntry } from '../event-log.ts'
import { type AlertCode, alertKind, alertText, type LogName } from './alert-codes.ts'

/** Events that wait for the hub; the oldest go first. @source assumed */
const MOST_WAITING = 100

/** @source ZigBee Smart Energy 1.2a, Device Management: Event Configuration */
export const EVENT_CONFIGURATION = { logAction: 0x07, toWan: 0x08, toHan: 0x10 } as const
/** @source ZigBee Smart Energy 1.2a, Events: Log Id */
export const LOG_ID: Readonly<Record<LogName, number>> = { EVENT: 0x03, SECURITY: 0x04 }

/** What survives a loss of power. */
export interface MeterEventsMemory {
  logs: Readonly<Record<LogName, readonly LogEntry[]>>
  /** That the hub has not been told of, oldest first. */
  waiting: readonly LogEntry[]
  /** Codes whose conduct was configured. */
  configured: readonly (readonly [code: string, configuration: number])[]
}

export interface MeterEventsOptions {
  /** The meter's. */
  clock: Clock
  trace: Trace
  /** Entries of each log. */
  capacity: number
  /** Codes this model tells of; others stand in its log only. */
  supported: readonly string[]
  memory?: MeterEventsMemory | undefined
}

export class MeterEvents {
  private readonly options: MeterEventsOptions
  private readonly logs: Record<LogName, EventLog>
  private readonly waiting: LogEntry[]
  private readonly configured: Map<string, number>
  /** Tells that something waits for the hub. */
  onWaiting: () => void = () => {}

  constructor(options: MeterEventsOptions) {
    const { capacity, memory } = options
    this.options = options
    this.logs = {
      EVENT: new EventLog(capacity, memory?.logs.EVENT),
      SECURITY: new EventLog(capacity, memory?.logs.SECURITY),
    }
    this.waiting = [...(memory?.waiting ?? [])]
    this.configured = new Map(memory?.configured)
  }

  memory(): MeterEventsMemory {
    const { EVENT, SECURITY } = this.logs
    return {
      logs: { EVENT: EVENT.memory(), SECURITY: SECURITY.memory() },
      waiting: this.waiting.slice(),
      configured: [...this.configured],
    }
  }

  /** Something happened. `detail`: what its code does not say. */
  raise(code: AlertCode, detail = ''): void {
    const { clock, trace } = this.options
    const entry = { atMs: clock.unixMs(), code, text: detail }
    trace.emit({ kind: 'device.event', code, text: detail ? `${alertText(code)}: ${detail}` : alertText(code) })
    const configuration = this.configurationOf(code)
    const log = (['EVENT', 'SECURITY'] as const).find(
      name => LOG_ID[name] === (configuration & EVENT_CONFIGURATION.logAction),
    )
    if (log) this.logs[log].add(entry)
    if (!(configuration & (EVENT_CONFIGURATION.toWan | EVENT_CONFIGURATION.toHan))) return
    this.waiting.push(entry)
    if (this.waiting.length > MOST_WAITING) this.waiting.shift()
    this.onWaiting()
  }

  /** A log, oldest first. */
  log(name: LogName): readonly LogEntry[] {
    return this.logs[name].memory()
  }
  clear(name: LogName): void {
    this.logs[name].clear()
  }

  /** The oldest event that the hub has not been told of. */
  get next(): LogEntry | undefined {
    return this.waiting[0]
  }
  /** The hub has been told of it. */
  told(entry: LogEntry): void {
    if (this.waiting[0] === entry) this.waiting.shift()
  }

  /** Event Configuration of a code: where it stands and whom it is told. */
  configurationOf(code: string): number {
    const { supported } = this.options
    const standard =
      LOG_ID[alertKind(code)?.log ?? 'EVENT'] | (supported.includes(code) ? EVENT_CONFIGURATION.toWan : 0)
    return this.configured.get(code) ?? standard
  }
  /** From now on; only codes of the table have a configuration. False for others. */
  configure(code: string, configuration: number): boolean {
    if (!alertKind(code)) return false
    this.configured.set(code, configuration)
    return true
  }
}
