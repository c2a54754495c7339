/**
 * Plays a ZigBee network processor (ZNP) with Z-Stack 3.x.0 in front of any NetworkProcessor: MT commands in UNPI frames,
 * as a TI stick on a serial line speaks them. One host at a time; a host may vanish and another begin at any moment.
 * @source TI, Z-Stack Monitor and Test API; Z-Stack, MT.c
 */
import { InvariantError, WireError } from '../../base/errors.ts'
import { milliseconds } from '../../base/time.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { NetworkProcessor } from '../../ports/network-processor.ts'
import type { Clock, RandomStream, Timer, Timers } from '../../ports/time.ts'
import {
  errorFrame,
  isSreq,
  mtName,
  type ResponseOf,
  readRequest,
  requestFrame,
  responseFrame,
  type SreqName,
} from '../../wire/znp/mt.ts'
import { NV, STARTUP_OPTION } from '../../wire/znp/nv.ts'
import { RPC_ERROR } from '../../wire/znp/status.ts'
import { encodeUnpi, MT_TYPE, SUBSYSTEM, type UnpiFrame, UnpiReader } from '../../wire/znp/unpi.ts'
import { noteRefusal } from '../refusals.ts'
import { ApplicationFramework } from './application-framework.ts'
import { DeviceObject } from './device-object.ts'
import { DeviceTable } from './device-table.ts'
import { Endpoints } from './endpoints.ts'
import { Groups } from './groups.ts'
import type { Handlers, Tell } from './handlers.ts'
import { forgetConfiguration, initialiseNv } from './network-nv.ts'
import { type NvImage, NvMemory } from './nv-memory.ts'
import { Outbox } from './outbox.ts'
import { Standing } from './standing.ts'
import { systemHandlers, VERSION } from './system.ts'

export interface ZnpDongleOptions {
  link: ByteLink
  network: NetworkProcessor
  /** What timestamps of messages count. */
  clock: Clock
  timers: Timers
  /** For what a host leaves open. */
  dice: RandomStream
  /** What another life of this stick has kept. */
  memory?: ZnpMemory
  /** The firmware's date as a number. */
  revision?: number
}

/** What a stick keeps without power, beside what its network processor keeps: plain values, keys among them. */
export interface ZnpMemory {
  nv: NvImage
}

/** What a host did that made no sense, and what did not reach it. */
export interface ZnpDongleCounts {
  /** Commands whose fields cannot be read, and answers of other nodes. */
  malformed: number
  /** Commands answered with an error, or not at all. */
  refused: number
  /** Frames for the host that the line did not take. */
  unsent: number
  /** Long messages that no host has fetched in time. */
  unfetched: number
}

/** From the reset until the stick speaks again. @source assumed; firmware takes about a second */
const RESTART_US = milliseconds(20)
/** A frame that does not go on for so long is none. @source assumed */
const SILENCE_US = milliseconds(500)
/** Why it has started. @source Monitor and Test API, SYS_RESET_IND */
const REASON = { powerUp: 0, external: 1 } as const
const HARDWARE = 1
/** A firmware that deals with its lamp and its associations by itself. */
const REVISION = 20_240_315

export class ZnpDongle {
  /** The latest commands that were refused, and why. */
  readonly refusals: string[] = []
  private readonly options: ZnpDongleOptions
  private readonly nv: NvMemory
  private readonly outbox: Outbox
  private readonly devices: DeviceTable
  private readonly groups: Groups
  private readonly endpoints: Endpoints
  private readonly standing: Standing
  private readonly framework: ApplicationFramework
  private readonly deviceObject: DeviceObject
  private readonly handlers: Handlers
  private readonly reader = new UnpiReader(frame => this.obey(frame))
  private restarting: Timer | undefined
  private silence: Timer | undefined
  private malformed = 0
  private refused = 0

  constructor(options: ZnpDongleOptions) {
    this.options = options
    const { link, network, clock, timers, dice, memory, revision = REVISION } = options
    const tell: Tell = (name, value) => this.outbox.put(encodeUnpi(requestFrame(name, value)))
    const nv = new NvMemory(memory?.nv)
    initialiseNv(nv, { eui64: network.eui64, dice })
    this.nv = nv
    this.outbox = new Outbox(link, timers)
    this.devices = new DeviceTable(nv)
    this.groups = new Groups(nv)
    this.endpoints = new Endpoints(network, this.groups)
    const { devices, endpoints } = this
    this.standing = new Standing({ network, nv, timers, dice, tell })
    const { standing } = this
    this.framework = new ApplicationFramework({ network, standing, endpoints, clock, timers, tell })
    this.deviceObject = new DeviceObject({ network, standing, devices, timers, tell })
    this.handlers = {
      ...systemHandlers({ network, nv, devices, standing, dice, revision }),
      ...standing.handlers,
      ...this.groups.handlers,
      ...this.framework.handlers,
      ...this.deviceObject.handlers,
    }
    network.listen({
      onUp: () => standing.onUp(),
      onDown: () => standing.onDown(),
      onMessage: message => {
        if (!standing.isUp) return
        if (message.profileId === 0 && message.destinationEndpoint === 0) this.deviceObject.received(message)
        else this.framework.received(message)
      },
      onArrival: ({ device, address, parent }) => {
        devices.came(device, address, parent === 0)
        if (standing.isUp) tell('ZDO_TC_DEVICE_IND', { address, device, parent })
      },
      onDeparture: (device, source) => {
        devices.gone(device)
        const how = { request: 0, removeChildren: 0, rejoin: 0 }
        if (standing.isUp) tell('ZDO_LEAVE_IND', { source, device, ...how })
      },
    })
    link.listen({
      onOctets: octets => this.heard(octets),
      onUp: () => this.newHost(),
      onDown: () => this.newHost(),
    })
  }

  /** What came over the line. */
  get line() {
    return this.reader.counts
  }
  get counts(): ZnpDongleCounts {
    return {
      malformed: this.malformed + this.deviceObject.malformed,
      refused: this.refused,
      unsent: this.outbox.unsent,
      unfetched: this.framework.unfetched,
    }
  }
  /** What is to be kept over a restart of the process that plays it. */
  memory(): ZnpMemory {
    this.standing.keepCounter()
    return { nv: this.nv.image() }
  }

  /** Loses power for a moment: what is not in NV is gone. */
  powerCycle(): void {
    this.reader.restart()
    this.restart(REASON.powerUp)
  }
  private restart(reason: number): void {
    const { timers } = this.options
    this.forgetHost()
    this.endpoints.clear()
    this.deviceObject.restart()
    this.standing.hold()
    const [option = 0] = this.nv.get(NV.STARTUP_OPTION) ?? []
    if ((option & STARTUP_OPTION.CLEAR_CONFIG) !== 0) forgetConfiguration(this.nv)
    if ((option & STARTUP_OPTION.CLEAR_STATE) !== 0) {
      this.standing.forget()
      this.devices.clear()
    }
    if (option !== 0) this.nv.put(NV.STARTUP_OPTION, Uint8Array.of(0))
    this.devices.reload()
    this.groups.reload()
    this.restarting?.cancel()
    this.restarting = timers.after(RESTART_US, 'znp: restart', () => {
      this.restarting = undefined
      const { transportRevision, product, major, minor } = VERSION
      const started = { reason, transportRevision, product, major, minor, hardware: HARDWARE }
      this.outbox.put(encodeUnpi(requestFrame('SYS_RESET_IND', started)))
    })
  }

  /** The network goes on as it is, as on a stick whose host has gone. */
  private newHost(): void {
    this.reader.restart()
    this.forgetHost()
  }
  private forgetHost(): void {
    this.silence?.cancel()
    this.silence = undefined
    this.outbox.clear()
    this.framework.restart()
  }

  private heard(octets: Uint8Array): void {
    this.reader.push(octets)
    this.expectMore()
  }
  private expectMore(): void {
    this.silence?.cancel()
    this.silence = undefined
    if (!this.reader.isAmid) return
    this.silence = this.options.timers.after(SILENCE_US, 'znp: silence', () => {
      this.reader.giveUp()
      this.expectMore()
    })
  }

  private obey(frame: UnpiFrame): void {
    if (this.restarting) return
    const name = mtName(frame.subsystem, frame.command)
    if (frame.type === MT_TYPE.AREQ && name === 'SYS_RESET_REQ') this.restart(REASON.external)
    else if (frame.type !== MT_TYPE.SREQ) this.refuse(frame, 'no command')
    else this.outbox.during(() => this.answer(frame), encodeUnpi)
  }

  private answer(frame: UnpiFrame): UnpiFrame {
    const name = mtName(frame.subsystem, frame.command)
    if (name === undefined || !isSreq(name) || !this.handlers[name]) {
      const isSubsystem = Object.values(SUBSYSTEM).some(subsystem => subsystem === frame.subsystem)
      return this.error(frame, isSubsystem ? RPC_ERROR.INVALID_COMMAND : RPC_ERROR.INVALID_SUBSYSTEM)
    }
    try {
      const handler = this.handlers[name] as (request: object) => ResponseOf<SreqName>
      return responseFrame(name, handler(readRequest(name, frame.data)))
    } catch (error) {
      if (error instanceof WireError) {
        this.malformed++
        return this.error(frame, RPC_ERROR.INVALID_LENGTH, error)
      }
      // What fits no frame of the air is the host's mistake here, not ours.
      if (error instanceof InvariantError) return this.error(frame, RPC_ERROR.INVALID_PARAMETER, error)
      throw error
    }
  }
  private error(frame: UnpiFrame, code: number, because?: Error): UnpiFrame {
    this.refuse(frame, because ? because.message : `error ${code}`)
    return errorFrame(code, frame)
  }
  private refuse({ type, subsystem, command }: UnpiFrame, why: string): void {
    this.refused++
    noteRefusal(this.refusals, `type ${type}, subsystem ${subsystem}, command ${command}: ${why}`)
  }
}
