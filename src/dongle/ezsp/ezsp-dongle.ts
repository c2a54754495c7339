/**
 * Plays an EmberZNet network co-processor (NCP), coordinator of a ZigBee network: EZSP over ASH, as a stick on a serial
 * line speaks it. One host at a time; a host may vanish and another begin at any moment.
 * @source Silicon Labs UG100, EZSP Reference Guide; UG101, UART Gateway Protocol Reference
 */
import { ByteReader, ByteWriter, fromHex, toHex } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { NetworkProcessor } from '../../ports/network-processor.ts'
import type { Clock, RandomStream, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import { ASH_CODE } from '../../wire/ash/frame.ts'
import { type CallbackName, type CallbackOf, ezspCallbacks } from '../../wire/ezsp/callbacks.ts'
import { type CommandName, ezspCommands } from '../../wire/ezsp/commands.ts'
import { decodeEzsp, type EzspFrame, encodeEzsp } from '../../wire/ezsp/frame.ts'
import { EXTENDED_VALUE, HOST_TOKENS, MANUFACTURING_TOKENS, type ValueName } from '../../wire/ezsp/settings.ts'
import {
  type EzspStatus,
  type EzspVersion,
  INVALID_COMMAND,
  type InvalidCommandReason,
} from '../../wire/ezsp/status.ts'
import { Counters } from './counters.ts'
import type { Handlers } from './handlers.ts'
import { Messages } from './messages.ts'
import { NcpLine } from './ncp-line.ts'
import { EMPTY_MEMORY, type NcpMemory } from './ncp-memory.ts'
import { Network } from './network.ts'
import { Security } from './security.ts'
import { littleEndian, numberOf, Settings } from './settings.ts'

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

/** What a host said that made no sense. */
export interface EzspDongleCounts {
  /** Frames of ASH that are no EZSP, or whose parameters cannot be read. */
  malformed: number
  /** Commands that were not carried out at all, the malformed among them. */
  refused: number
}

/** As the firmware calls itself: build, major, minor, patch, special, type (0xaa: general availability). */
const FIRMWARE: Record<EzspVersion, { stackVersion: number; version: Uint8Array }> = {
  13: { stackVersion: 0x7440, version: Uint8Array.of(0x00, 0x00, 7, 4, 4, 0, 0xaa) },
  14: { stackVersion: 0x8020, version: Uint8Array.of(0x00, 0x00, 8, 0, 2, 0, 0xaa) },
}
const MESH_STACK = 2
const NO_ROUTE_REQUEST = 0xffff_ffff
/** The latest refusals, for people. */
const REFUSALS_KEPT = 32

export class EzspDongle {
  readonly counts: EzspDongleCounts = { malformed: 0, refused: 0 }
  /** The latest commands that were refused, and why. */
  readonly refusals: string[] = []
  private readonly options: EzspDongleOptions
  private readonly version: EzspVersion
  private readonly commands: ReturnType<typeof ezspCommands>
  private readonly callbacks: ReturnType<typeof ezspCallbacks>
  private readonly names: ReadonlyMap<number, CommandName>
  private readonly line: NcpLine
  private readonly counters = new Counters()
  private readonly settings: Settings
  private readonly security: Security
  private readonly network: Network
  private readonly messages: Messages
  private readonly handlers: Handlers
  private readonly tokens: Map<string, string>
  private readonly manufacturingTokens: Map<string, string>
  private readonly endpoints = new Set<number>()
  private manufacturerCode = 0
  private concentrator = { on: false, minTime: 0, maxTime: 0 }
  /** The host knows which protocol is spoken. */
  private agreed = false
  /** Of the last command. */
  private sequence = 0
  /** Callbacks were lost since the last response. */
  private overflow = false

  constructor(options: EzspDongleOptions) {
    const { link, processor, clock, timers, random, protocolVersion: version = 14, memory = EMPTY_MEMORY } = options
    this.options = options
    this.version = version
    this.commands = ezspCommands(version)
    this.callbacks = ezspCallbacks(version)
    this.names = new Map(
      (Object.keys(this.commands) as CommandName[])
        .filter(name => sinceOf(this.commands[name]) <= version)
        .map(name => [this.commands[name].id, name]),
    )
    this.tokens = new Map(Object.entries(memory.tokens))
    this.manufacturingTokens = new Map(Object.entries(memory.manufacturingTokens))
    const { counters } = this
    const callBack = <N extends CallbackName>(name: N, value: CallbackOf<N>) => this.callBack(name, value)
    const isUp = () => this.network.isUp
    this.settings = new Settings(version, {
      get: name => this.shown(name),
      set: (name, value) => this.done(name, value),
    })
    const common = { processor, settings: this.settings, counters, clock, timers, random, callBack, isUp }
    this.security = new Security(common, memory)
    this.network = new Network({ ...common, security: this.security }, memory)
    this.messages = new Messages({
      ...common,
      onAnnounced: (device, address, capability) => this.network.onAnnounced(device, address, capability),
    })
    this.handlers = {
      ...this.own,
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
      tokens: Object.fromEntries(this.tokens),
      manufacturingTokens: Object.fromEntries(this.manufacturingTokens),
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
    const { processor } = this.options
    this.agreed = false
    this.overflow = false
    this.sequence = 0
    this.manufacturerCode = 0
    this.concentrator = { on: false, minTime: 0, maxTime: 0 }
    for (const endpoint of this.endpoints) processor.removeEndpoint(endpoint)
    this.endpoints.clear()
    this.settings.reset()
    this.counters.clear()
    this.messages.reset()
    this.network.reset()
    this.security.reset()
    this.security.admit()
  }

  private obey(body: Uint8Array): void {
    let frame: EzspFrame
    try {
      frame = decodeEzsp(body)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.counts.malformed++
      return this.refuse({ ...NO_FRAME, sequence: body[0] ?? 0 }, 'UNSUPPORTED_CONTROL')
    }
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
    let command: unknown
    try {
      const reader = new ByteReader(frame.parameters)
      reader.field = name
      command = row.command.read(reader)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.counts.malformed++
      return this.refuse(frame, 'INVALID_VALUE')
    }
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
    if (this.refusals.length === REFUSALS_KEPT) this.refusals.shift()
    const id = frame.id.toString(16).padStart(4, '0')
    this.refusals.push(`command 0x${id} (${this.names.get(frame.id) ?? 'unknown'}): ${reason}`)
    this.respond(frame, this.callbacks.invalidCommand.id, Uint8Array.of(INVALID_COMMAND[reason]))
  }

  private callBack<N extends CallbackName>(name: N, value: CallbackOf<N>): void {
    // A host that has not yet said which protocol it speaks understands none.
    if (!this.agreed) return
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

  /** Commands about the NCP itself. */
  private readonly own = {
    version: ({ desiredProtocolVersion }) => {
      // A host of another version is told ours, and may ask again if it speaks that too.
      this.agreed = desiredProtocolVersion === this.version
      const { stackVersion } = FIRMWARE[this.version]
      return { protocolVersion: this.version, stackType: MESH_STACK, stackVersion }
    },
    nop: () => ({}),
    echo: ({ data }) => ({ data }),
    callback: () => ({}),
    resetNode: () => {
      this.options.timers.after(0, 'ncp: reset', () => this.restart(ASH_CODE.software))
      return {}
    },
    getRandomNumber: () => ({ status: 'OK', value: this.options.random.int(0x1_0000) }),
    // There is no boot loader.
    getStandaloneBootloaderVersionPlatMicroPhy: () => ({
      ...{ bootloaderVersion: 0xffff, nodePlat: 0, nodeMicro: 0, nodePhy: 0 },
    }),
    readCounters: () => ({ values: this.counters.read() }),
    readAndClearCounters: () => {
      const values = this.counters.read()
      this.counters.clear()
      return { values }
    },

    getConfigurationValue: ({ configId }) => this.settings.getConfiguration(configId),
    setConfigurationValue: ({ configId, value }) => ({
      status: this.settings.setConfiguration(configId, value, this.network.isUp),
    }),
    getPolicy: ({ policyId }) => this.settings.getPolicy(policyId),
    setPolicy: ({ policyId, decisionId }) => {
      const status = this.settings.setPolicy(policyId, decisionId)
      this.security.admit()
      return { status }
    },
    getValue: ({ valueId }) => this.settings.getValue(valueId),
    setValue: ({ valueId, value }) => ({ status: this.settings.setValue(valueId, value) }),
    getExtendedValue: ({ valueId, characteristics }) => this.extendedValue(valueId, characteristics),
    addEndpoint: ({ endpoint, profileId, deviceId, inputClusters, outputClusters }) => {
      if (this.network.isUp || this.endpoints.has(endpoint)) return { status: 'INVALID_CALL' }
      if (endpoint === 0 || endpoint === 255) return { status: 'INVALID_VALUE' }
      this.endpoints.add(endpoint)
      this.options.processor.addEndpoint({ endpoint, profileId, deviceId, inputClusters, outputClusters })
      return { status: 'OK' }
    },
    getManufacturerCode: () => ({ code: this.manufacturerCode }),
    setManufacturerCode: ({ code }) => {
      this.manufacturerCode = code
      return {}
    },
    setPowerDescriptor: () => ({}),
    getToken: ({ tokenId }) => {
      const tokenData = fromHex(this.tokens.get(String(tokenId)) ?? 'ff'.repeat(8))
      return { status: tokenId < HOST_TOKENS ? 'OK' : 'INVALID_PARAMETER', tokenData }
    },
    setToken: ({ tokenId, tokenData }) => {
      if (tokenId >= HOST_TOKENS) return { status: 'INVALID_PARAMETER' }
      this.tokens.set(String(tokenId), toHex(tokenData))
      return { status: 'OK' }
    },
    getMfgToken: ({ tokenId }) => {
      const length = MANUFACTURING_TOKENS.get(tokenId) ?? 0
      return { tokenData: fromHex(this.manufacturingTokens.get(String(tokenId)) ?? 'ff'.repeat(length)) }
    },
    setMfgToken: ({ tokenId, tokenData }) => {
      if (MANUFACTURING_TOKENS.get(tokenId) !== tokenData.length) return { status: 'INVALID_PARAMETER' }
      // They are written once. @source UG100, setMfgToken
      if (this.manufacturingTokens.has(String(tokenId))) return { status: 'INVALID_STATE' }
      this.manufacturingTokens.set(String(tokenId), toHex(tokenData))
      return { status: 'OK' }
    },
    setRadioIeee802154CcaMode: ({ ccaMode }) => ({ status: ccaMode <= 3 ? 'OK' : 'INVALID_PARAMETER' }),
    setConcentrator: ({ on, minTime, maxTime }) => {
      if (on && minTime > maxTime) return { status: 'INVALID_PARAMETER' }
      this.concentrator = { on, minTime, maxTime }
      return { status: 'OK' }
    },
    setSourceRouteDiscoveryMode: ({ mode }) => {
      const isOn = mode !== 0 && this.concentrator.on
      return { remainingTimeMs: isOn ? this.concentrator.minTime * 1_000 : NO_ROUTE_REQUEST }
    },
    // Our stack asks by itself, as often as it needs to.
    sendManyToOneRouteRequest: () => ({ status: this.network.isUp ? 'OK' : 'NETWORK_DOWN' }),
    setExtendedTimeout: () => ({ status: 'OK' }),
    getExtendedTimeout: () => ({ extendedTimeout: false }),
  } satisfies Partial<Handlers>

  private extendedValue(valueId: number, characteristics: number): { status: EzspStatus; value: Uint8Array } {
    switch (valueId) {
      case EXTENDED_VALUE.endpointFlags: {
        const isThere = this.endpoints.has(characteristics)
        return { status: isThere ? 'OK' : 'INVALID_VALUE', value: littleEndian(isThere ? 1 : 0, 2) }
      }
      case EXTENDED_VALUE.lastLeaveReason:
        return { status: 'OK', value: Uint8Array.of(0, 0xfd, 0xff) }
      case EXTENDED_VALUE.sourceRouteOverhead:
        return { status: 'OK', value: Uint8Array.of(0) }
      default:
        return { status: 'INVALID_ID', value: new Uint8Array() }
    }
  }

  private shown(name: ValueName): Uint8Array | undefined {
    switch (name) {
      case 'versionInfo':
        return FIRMWARE[this.version].version
      case 'nodeShortId':
        return littleEndian(this.network.nodeId, 2)
      case 'nwkFrameCounter':
        return littleEndian(this.options.processor.frameCounter, 4)
      case 'nwkOpenDuration':
        return littleEndian(this.network.openForS, 1)
      case 'transientKeyTimeoutS':
        return littleEndian(this.settings.config('transientKeyTimeoutS'), 2)
      default:
        return undefined
    }
  }
  private done(name: ValueName, value: Uint8Array): EzspStatus | undefined {
    switch (name) {
      case 'clearCounters':
        this.counters.clear()
        return 'OK'
      case 'nwkFrameCounter':
        return this.network.setFrameCounter(numberOf(value)) ? 'OK' : 'INVALID_CALL'
      case 'transientKeyTimeoutS':
        return this.settings.setConfiguration(0x36, numberOf(value), this.network.isUp)
      default:
        return undefined
    }
  }
}

const sinceOf = (row: object): number => ('since' in row ? Number(row.since) : 0)
const NO_FRAME: EzspFrame = {
  ...{ sequence: 0, direction: 'command', format: 'extended', networkIndex: 0, id: 0 },
  ...{ asynchronous: false, overflow: false, pending: false, parameters: new Uint8Array() },
}
