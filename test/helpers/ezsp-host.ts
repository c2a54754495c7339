/** A host that gives an NCP commands over a line in memory, in simulated time. */
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import type { Micros } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { EzspDongle, type EzspDongleOptions } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import type { NetworkProcessor } from '../../src/ports/network-processor.ts'
import { type CallbackName, type CallbackOf, ezspCallbacks } from '../../src/wire/ezsp/callbacks.ts'
import { type CommandName, type CommandOf, ezspCommands, type ResponseOf } from '../../src/wire/ezsp/commands.ts'
import { decodeEzsp, type EzspFrame, encodeEzsp } from '../../src/wire/ezsp/frame.ts'
import type { EzspVersion } from '../../src/wire/ezsp/status.ts'
import { AshHost } from './ash-host.ts'
import { MemoryLine } from './memory-line.ts'

export type Said = { [N in CallbackName]: { name: N; value: CallbackOf<N> } }[CallbackName]

/** What stands around the parameters of a command. */
export const COMMAND: EzspFrame = {
  ...{ sequence: 0, direction: 'command', format: 'extended', networkIndex: 0, id: 0 },
  ...{ asynchronous: false, overflow: false, pending: false, parameters: new Uint8Array() },
}
const PATIENCE_US = seconds(30)

/** A co-processor at the end of a line. */
export interface EzspStick {
  line: MemoryLine
  dongle: EzspDongle
}
export function ezspStick(
  kernel: Kernel,
  processor: NetworkProcessor,
  options: Partial<EzspDongleOptions> = {},
): EzspStick {
  const line = new MemoryLine(kernel)
  const common = { link: line.device, processor, clock: kernel, timers: kernel, random: kernel.random.stream('ncp') }
  return { line, dongle: new EzspDongle({ ...common, ...options }) }
}

export class EzspHost {
  readonly line: MemoryLine
  readonly ash: AshHost
  readonly dongle: EzspDongle
  readonly said: Said[] = []
  /** The last response as it came. */
  last: EzspFrame | undefined
  private readonly kernel: Kernel
  private readonly commands: ReturnType<typeof ezspCommands>
  private readonly callbacks: ReturnType<typeof ezspCallbacks>
  private responses = 0
  private sequence = 0

  constructor(kernel: Kernel, { line, dongle }: EzspStick, protocolVersion: EzspVersion = 14) {
    this.kernel = kernel
    this.line = line
    this.dongle = dongle
    this.commands = ezspCommands(protocolVersion)
    this.callbacks = ezspCallbacks(protocolVersion)
    this.ash = new AshHost(line.host, kernel)
    this.ash.onData = body => this.take(body)
  }
  /** A host on a stick of its own. */
  static on(kernel: Kernel, processor: NetworkProcessor, options: Partial<EzspDongleOptions> = {}): EzspHost {
    return new EzspHost(kernel, ezspStick(kernel, processor, options), options.protocolVersion)
  }

  /** Waits for the NCP, and agrees on the protocol. */
  begin(protocolVersion = 14): this {
    this.ash.reset()
    this.until(() => this.ash.connected)
    this.ask('version', { desiredProtocolVersion: protocolVersion }, { format: 'legacy' })
    this.ask('version', { desiredProtocolVersion: protocolVersion })
    return this
  }
  /** Gives a command. @throws Error when the NCP refuses it, with the reason */
  ask<N extends CommandName>(name: N, command: CommandOf<N>, how: Partial<EzspFrame> = {}): ResponseOf<N> {
    const row = this.commands[name]
    const writer = new ByteWriter()
    row.command.write(writer, command as never, name)
    const frame = this.say({ id: row.id, parameters: writer.finish(), ...how })
    if (frame.id === this.callbacks.invalidCommand.id)
      throw new Error(`refused: 0x${frame.parameters[0]?.toString(16)}`)
    return row.response.read(new ByteReader(frame.parameters)) as ResponseOf<N>
  }
  /** Says a frame; what is answered. */
  say(frame: Partial<EzspFrame>): EzspFrame {
    const { responses } = this
    this.sequence = (this.sequence + 1) & 0xff
    this.ash.send(encodeEzsp({ ...COMMAND, sequence: this.sequence, ...frame }))
    this.until(() => this.responses > responses)
    return this.last as EzspFrame
  }
  /** What the NCP has said of its own since the last time. */
  heard(): Said[] {
    return this.said.splice(0)
  }
  run(forUs: Micros): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }
  until(fact: () => boolean): void {
    for (let passed = 0; !fact(); passed += milliseconds(1)) {
      if (passed > PATIENCE_US) throw new Error(`not within ${PATIENCE_US / 1_000_000} s: ${fact}`)
      this.run(milliseconds(1))
    }
  }

  private take(body: Uint8Array): void {
    const frame = decodeEzsp(body.slice())
    if (!frame.asynchronous) {
      this.responses++
      this.last = frame
      return
    }
    const found = Object.entries(this.callbacks).find(([, { id }]) => id === frame.id)
    if (!found) throw new Error(`callback 0x${frame.id.toString(16)} is not known`)
    const value = found[1].value.read(new ByteReader(frame.parameters))
    this.said.push({ name: found[0], value } as Said)
  }
}
