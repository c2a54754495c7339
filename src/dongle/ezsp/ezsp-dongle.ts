/**
 * Plays an EmberZNet network co-processor (NCP), coordinator of a ZigBee network: EZSP over ASH, as a stick on a serial
 * line speaks it. One host at a time; a host may vanish and another begin at any moment.
 * @source Silicon Labs UG100, EZSP Reference Guide; UG101, UART Gateway Protocol Reference
 */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { readable } from '../../base/errors.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { NetworkProcessor } from '../../ports/network-processor.ts'
import type { Clock, RandomStream, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import { ASH_CODE } from '../../wire/ash/frame.ts'
import { type CallbackName, type CallbackOf, ezspCallbacks } from '../../wire/ezsp/callbacks.ts'
import { type CommandName, ezspCommands } from '../../wire/ezsp/commands.ts'
import { decodeEzsp, type EzspFrame, encodeEzsp } from '../../wire/ezsp/frame.ts'
import { type EzspVersion, INVALID_COMMAND, type InvalidCommandReason } from '../../wire/ezsp/status.ts'
import { noteRefusal } from '../refusals.ts'
import { Counters } from './counters.ts'
import { Firmware } from './firmware.ts'
import type { Handlers } from './handlers.ts'
import { Messages } from './messages.ts'
import { NcpLine } from './ncp-line.ts'
import { EMPTY_MEMORY, type NcpMemory } from './ncp-memory.ts'
import { Network } from './network.ts'
import { Security } from './security.ts'
import { Tokens } from './tokens.ts'

export interface EzspDongleOptions {
  link: ByteLink
  processor: NetworkProcessor
  clock: Clock
  timers: Timers
  random: RandomStream
  /** What the firmware speaks: 13 is EmberZNet 7.4, 14 is 8.0, which is meant when absent. */
  protocolVersion?: EzspVersion
  /** What `memory()` said before the NCP was switched off. */
  memory?: NcpMemory
  trace?: Trace
}

/** What a host said that made no sense, and what it did not hear. */
export interface EzspDongleCounts {
  /** Frames of ASH that are no EZSP, or whose parameters cannot be read. */
  malformed: number
  /** Commands that were not carried out at all, the malformed among them. */
  refused: number
  /** What happened while there was no host to tell. */
  untold: number
}

export class EzspDongle {
  readonly counts: EzspDongleCounts = { malformed: 0, refused: 0, untold: 0 }
  /** The latest commands that were refused, and why. */
  readonly refusals: string[] = []
  private readonly options: EzspDongleOptions
  private readonly commands: ReturnType<typeof ezspCommands>
  private readonly callbacks: ReturnType<typeof ezspCallbacks>
  private readonly names: ReadonlyMap<number, CommandName>
  private readonly line: NcpLine
  private readonly counters = new Counters()
  private readonly firmware: Firmware
  private readonly security: Security
  private readonly network: Network
  private readonly messages: Messages
  private readonly handlers: Handlers
  private readonly tokens: Tokens
  /** The host knows which protocol is spoken. */
  private agreed = false
  /** Of the last command. */
  private sequence = 0
  /** Callbacks were lost since the last response. */
  private overflow = false

  constructor(options: EzspDongleOptions) {
    const { link, processor, clock, timers, random, protocolVersion: version = 14, memory = EMPTY_MEMORY } = options
    this.options = options
    this.commands = ezspCommands(version)
    this.callbacks = ezspCallbacks(version)
    this.names = new Map(
      (Object.keys(this.commands) as CommandName[])
        .filter(name => sinceOf(this.commands[name]) <= version)
        .map(name => [this.commands[name].id, name]),
    )
    const { counters } = this
    const callBack = <N extends CallbackName>(name: N, value: CallbackOf<N>) => this.callBack(name, value)
    this.tokens = new Tokens(memory)
    this.firmware = new Firmware({
      ...{ version, processor, counters, random, network: () => this.network },
      onAgreed: agreed => {
        this.agreed = agreed
      },
      onPolicy: () => this.security.admit(),
      onReset: () => void timers.after(0, 'ncp: reset', () => this.restart(ASH_CODE.software)),
    })
    const { settings } = this.firmware
    const common = { processor, settings, counters, clock, timers, random, callBack, isUp: () => this.network.isUp }
    this.security = new Security(common, memory)
    this.network = new Network({ ...common, security: this.security }, memory)
    this.messages = new Messages({
      ...common,
      onAnnounced: (device, address, capability) => this.network.onAnnounced(device, address, capability),
    })
    this.handlers = {
      ...this.firmware.handlers,
      ...this.tokens.handlers,
      ...this.security.handlers,
      ...this.network.handlers,
      ...this.messages.handlers,
    }
    processor.listen({
      onUp: () => this.network.onUp(),
      onDown: () => this.network.onDown(),
      onMessage: message => this.messages.onMessage(message),
      onArrival: arrival => this.network.onArrival(arrival),
      onDeparture: (device, address) => this.network.onDeparture(device, address),
    })
    this.line = new NcpLine(
      { link, clock, timers },
      { onCommand: body => this.obey(body), onRestart: () => this.reset() },
    )
    this.line.start(ASH_CODE.powerOn)
  }

  /** What came over the line, and what went wrong with it. */
  get lineCounts() {
    return { ...this.line.line, ...this.line.counts, ...this.messages.counts }
  }
  /** What to start the NCP with after it was switched off. */
  memory(): NcpMemory {
    return {
      ...this.security.memory,
      ...this.network.memory,
      ...this.tokens.memory,
    }
  }

  /** Loses power for a moment: everything but tokens is gone, and the host has to begin again. */
  powerCycle(): void {
    this.restart(ASH_CODE.powerOn)
  }
  private restart(why: number): void {
    this.reset()
    this.line.start(why)
  }

  /** Everything a host has set is as at power-on; devices stay on the network. */
  private reset(): void {
    this.agreed = false
    this.overflow = false
    this.sequence = 0
    this.firmware.reset()
    this.messages.reset()
    this.network.reset()
    this.security.reset()
    this.security.admit()
  }

  private obey(body: Uint8Array): void {
    const frame = readable(() => decodeEzsp(body), this.counts)
    if (!frame) return this.refuse({ ...NO_FRAME, sequence: body[0] ?? 0 }, 'UNSUPPORTED_CONTROL')
    this.sequence = frame.sequence
    const name = this.names.get(frame.id)
    if (frame.direction !== 'command') return this.refuse(frame, 'WRONG_DIRECTION')
    if (frame.networkIndex !== 0) return this.refuse(frame, 'UNSUPPORTED_CONTROL')
    // Only the first question may come in the old format, which every firmware understands.
    if (name !== 'version' && (!this.agreed || frame.format === 'legacy')) return this.refuse(frame, 'VERSION_NOT_SET')
    if (name === undefined) return this.refuse(frame, 'INVALID_FRAME_ID')
    if (name === 'callback') return this.respond(frame, this.callbacks.noCallbacks.id, new Uint8Array())
    this.carryOut(name, frame)
  }

  private carryOut<N extends CommandName>(name: N, frame: EzspFrame): void {
    const row = this.commands[name]
    const handler = this.handlers[name] as (command: unknown) => object
    const reader = new ByteReader(frame.parameters)
    reader.field = name
    const command = readable<unknown>(() => row.command.read(reader), this.counts)
    if (command === undefined) return this.refuse(frame, 'INVALID_VALUE')
    const writer = new ByteWriter()
    row.response.write(writer, handler(command) as never, name)
    this.respond(frame, row.id, writer.finish())
  }

  private respond({ sequence, format }: EzspFrame, id: number, parameters: Uint8Array): void {
    const { overflow } = this
    this.overflow = false
    const response = { sequence, format, id, parameters, overflow, direction: 'response' as const }
    this.line.respond(encodeEzsp({ ...response, networkIndex: 0, asynchronous: false, pending: false }))
  }

  private refuse(frame: EzspFrame, reason: InvalidCommandReason): void {
    this.counts.refused++
    const id = frame.id.toString(16).padStart(4, '0')
    noteRefusal(this.refusals, `command 0x${id} (${this.names.get(frame.id) ?? 'unknown'}): ${reason}`)
    this.respond(frame, this.callbacks.invalidCommand.id, Uint8Array.of(INVALID_COMMAND[reason]))
  }

  private callBack<N extends CallbackName>(name: N, value: CallbackOf<N>): void {
    // A host that has not yet said which protocol it speaks understands none.
    if (!this.agreed || !this.line.connected) {
      this.counts.untold++
      return
    }
    const { id, value: field } = this.callbacks[name]
    const writer = new ByteWriter()
    field.write(writer, value as never, name)
    const frame = { sequence: this.sequence, id, parameters: writer.finish(), direction: 'response' as const }
    const control = {
      format: 'extended' as const,
      networkIndex: 0,
      asynchronous: true,
      overflow: false,
      pending: false,
    }
    if (this.line.callBack(encodeEzsp({ ...frame, ...control }))) return
    this.overflow = true
    this.counters.count('allocatePacketBufferFailure')
    this.options.trace?.emit({ kind: 'dongle.callback-lost', callback: name })
  }
}

const sinceOf = (row: object): number => ('since' in row ? Number(row.since) : 0)
const NO_FRAME: EzspFrame = {
  ...{ sequence: 0, direction: 'command', format: 'extended', networkIndex: 0, id: 0 },
  ...{ asynchronous: false, overflow: false, pending: false, parameters: new Uint8Array() },
}
