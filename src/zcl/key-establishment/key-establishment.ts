/**
 * Key establishment of one node: the machine with a timer, the arithmetic and somebody to send for it. One exchange at a
 * time, whichever side begins.
 */
import { InvariantError } from '../../base/errors.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import type { DeviceIdentity } from '../../crypto/test-authority.ts'
import type { RandomStream, Timer, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { GlobalCommand } from '../foundation.ts'
import { Status } from '../status.ts'
import type { Peer } from '../transactions.ts'
import { Calculator } from './calculator.ts'
import { IDLE, step } from './machine.ts'
import { fromWire, type Message, toWire, type WireCommand } from './messages.ts'
import type { KeyEstablishmentFrame } from './octets.ts'
import { type Authority, type Rules, suiteBits } from './rules.ts'
import {
  type Effect,
  type Event,
  type Failure,
  REFUSALS,
  type RefusalCode,
  type Role,
  type State,
  type StateName,
  type Work,
} from './states.ts'

/** A command to be sent on cluster 0x0800, under network security, with APS acknowledgement; see `encode`. */
export interface OutgoingCommand extends WireCommand {
  /** ZCL transaction sequence number, 0..255. */
  sequence: number
}

/** A key both sides have proved to hold. */
export interface Established {
  role: Role
  suite: CryptoSuite
  /** 16 octets: the new link key. */
  keyData: Uint8Array
}

export interface KeyEstablishmentOptions {
  timers: Timers
  /** Throws the ephemeral keys. */
  random: RandomStream
  ownEui64: Eui64
  /** What this node is in each suite it has; none at all refuses everybody. */
  identities: { readonly [S in CryptoSuite]?: Pick<DeviceIdentity, 'certificate' | 'privateKey'> }
  /** Authorities whose certificates count. */
  caPublicKeys: readonly Authority[]
  /**
   * Whether a device may begin an exchange here; everybody unless told. A node that is not the trust centre refuses
   * those with which it shares no key.
   */
  admits?(device: Eui64): boolean
  /**
   * Hands a command to the transport. `onOutcome(false)`: it was not acknowledged, which ends the exchange if that
   * still stands at this command.
   */
  send(peer: Peer, command: OutgoingCommand, onOutcome: (delivered: boolean) => void): void
  /** The responder learns it as it sends the last message, the initiator when that comes in. */
  onEstablished(peer: Peer, established: Established): void
  /** An exchange came to nothing, or was not begun (`busy`). It may be started again from here. */
  onFailed(peer: Peer, failure: Failure): void
  trace?: Trace
  /** Whole seconds 0..254 announced for one's own arithmetic; 3 and 6 unless told. @source annex C.5, example */
  generateTimesS?: { ephemeralData: number; confirmKey: number }
  /** How long that arithmetic takes in simulated time; no time unless told. Longer than announced is a late device. */
  computeUs?: { ephemeralData: Micros; confirmKey: Micros }
  /** Granted to each message beyond the time announced for it; 2 s, the least there is, unless told. */
  transportUs?: Micros
  /** Whole seconds 0..254 that a Terminate asks for; 30 unless told. @source EmberZNet */
  waitTimeS?: number
  /** The next ZCL sequence number, when they are shared with other clusters. */
  nextSequence?: () => number
}

/** The least a message is granted on its way. */
export const MINIMUM_TRANSPORT_US = seconds(2)

export class KeyEstablishment {
  private readonly options: KeyEstablishmentOptions
  private readonly rules: Rules
  private readonly calculator: Calculator
  private readonly refusals: Record<RefusalCode, number>
  private readonly nextSequence: () => number
  private machine: State = IDLE
  /** Of the state: a timeout, or arithmetic under way. */
  private timer: Timer | undefined
  private ownSequence = 0
  /** Of the latest command sent in an exchange. */
  private sentSequence: number | undefined

  /** @throws InvariantError for a time out of its range */
  constructor(options: KeyEstablishmentOptions) {
    const { ownEui64, random, generateTimesS = { ephemeralData: 3, confirmKey: 6 }, waitTimeS = 30 } = options
    const { transportUs = MINIMUM_TRANSPORT_US } = options
    if (transportUs < MINIMUM_TRANSPORT_US) {
      throw new InvariantError(
        `key establishment: transportUs ${transportUs} found, ${MINIMUM_TRANSPORT_US} or more expected`,
      )
    }
    for (const [name, value] of Object.entries({ ...generateTimesS, waitTimeS })) {
      if (Number.isInteger(value) && value >= 0 && value <= 254) continue
      throw new InvariantError(`key establishment: ${name} ${value} found, whole seconds 0..254 expected`)
    }
    const held = ([1, 2] as const).flatMap(suite => {
      const identity = options.identities[suite]
      return identity ? [{ suite, ...identity }] : []
    })
    this.options = options
    this.rules = {
      certificates: new Map(held.map(({ suite, certificate }) => [suite, certificate])),
      authorities: options.caPublicKeys,
      admits: options.admits ?? (() => true),
      ephemeralDataGenerateTimeS: generateTimesS.ephemeralData,
      confirmKeyGenerateTimeS: generateTimesS.confirmKey,
      waitTimeS,
      transportUs,
    }
    const privateKeys = new Map(held.map(({ suite, privateKey }) => [suite, privateKey]))
    this.calculator = new Calculator({ ownEui64, privateKeys, random })
    this.refusals = Object.fromEntries(REFUSALS.map(code => [code, 0])) as Record<RefusalCode, number>
    this.nextSequence = options.nextSequence ?? (() => (this.ownSequence = (this.ownSequence + 1) % 256))
  }

  /** Where it stands. */
  get state(): StateName {
    return this.machine.is
  }
  /** Bitmap of the suites there are: the value of the attribute KeyEstablishmentSuite. */
  get suites(): number {
    return suiteBits(this.rules)
  }
  /** How often what came in was not taken, by reason. */
  get counts(): Readonly<Record<RefusalCode, number>> {
    return this.refusals
  }

  /**
   * Begins as the initiator. The outcome is `onEstablished` or `onFailed`; `busy` at once when an exchange is under way.
   * @throws InvariantError when there is no certificate for the suite
   */
  start(peer: Peer, suite: CryptoSuite): void {
    this.take({ on: 'start', peer, suite })
  }

  /**
   * Takes a frame of the cluster. Global commands (but for a Default Response to what was sent here) and manufacturers'
   * own are not for here, and left alone. @throws InvariantError for a frame of another cluster
   */
  receive(peer: Peer, frame: KeyEstablishmentFrame): void {
    const { header } = frame
    const { direction, sequence, commandId } = header
    if (frame.kind === 'global') return this.answered(peer, sequence, frame.command)
    if (header.frameType === 'global' || header.manufacturerCode !== undefined) return
    if (frame.kind === 'cluster') {
      if (frame.cluster !== 'KeyEstablishment') {
        throw new InvariantError(`key establishment was handed ${frame.cluster}.${frame.command}: only its own cluster`)
      }
      const command = { direction, name: frame.command, payload: frame.payload } as WireCommand
      return this.take({ on: 'message', peer, sequence, message: fromWire(command) })
    }
    const unknown = `command 0x${commandId.toString(16).padStart(2, '0')} found, 0x00..0x03 expected`
    const detail = frame.kind === 'malformed' ? frame.error.message : unknown
    this.take({ on: 'unreadable', peer, direction, sequence, detail })
  }

  /** Drops the exchange under way, if any, without a word: this node is off the network or without power. */
  abandon(): void {
    this.take({ on: 'abandon' })
  }

  private answered(peer: Peer, sequence: number, command: GlobalCommand): void {
    if (command.name !== 'DefaultResponse' || command.status === Status.SUCCESS) return
    if (sequence === this.sentSequence) this.take({ on: 'not-understood', peer, status: command.status })
  }

  private take(event: Event): void {
    const { state, effects } = step(this.machine, event, this.rules)
    this.machine = state
    for (const effect of effects) this.carryOut(effect)
  }

  private carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'send':
        return this.send(effect.to, effect.message, effect.sequence ?? this.nextSequence())
      case 'arm-timer':
        return this.setTimer(effect.forUs, 'key establishment timeout', () => ({ on: 'timeout' }))
      case 'calculate': {
        const { work } = effect
        return this.setTimer(this.computeUs(work), `key establishment ${work.make}`, () => this.calculator.result(work))
      }
      case 'cancel':
        return this.timer?.cancel()
      case 'install-key': {
        const { peer, role, suite, keyData } = effect
        return this.options.onEstablished(peer, { role, suite, keyData })
      }
      case 'report-failure':
        return this.options.onFailed(effect.peer, effect.failure)
      case 'count': {
        const { refusal, peer, detail } = effect
        this.refusals[refusal]++
        this.options.trace?.emit({ kind: 'cbke.refused', from: peer.device, reason: refusal, detail })
        return
      }
      default:
        return effect satisfies never
    }
  }

  private send(to: Peer, message: Message, sequence: number): void {
    const before = this.machine
    const isOurs = before.is !== 'idle' && before.peer.device === to.device && message.command !== 'terminate'
    if (isOurs) this.sentSequence = sequence
    this.options.send(to, { ...toWire(message), sequence }, delivered => {
      if (!delivered && isOurs && this.machine === before) this.take({ on: 'undelivered' })
    })
  }

  private setTimer(delayUs: Micros, name: string, event: () => Event): void {
    this.timer?.cancel()
    this.timer = this.options.timers.after(delayUs, name, () => this.take(event()))
  }

  private computeUs({ make }: Work): Micros {
    const { ephemeralData, confirmKey } = this.options.computeUs ?? { ephemeralData: 0, confirmKey: 0 }
    return make === 'ephemeral' ? ephemeralData : confirmKey
  }
}
