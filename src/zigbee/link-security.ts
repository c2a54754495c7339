/**
 * Key establishment by certificates in one node: a joiner begins with its trust centre and tries until it has a key; every
 * node answers those who may begin with it.
 * @source ZigBee Smart Energy profile: registration, annex C
 */
import type { Eui64 } from '../base/ids.ts'
import { seconds } from '../base/time.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import type { RandomStream, Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { KeyEstablishmentEndpoint } from '../zcl/key-establishment/endpoint.ts'
import type { Failure } from '../zcl/key-establishment/states.ts'
import type { LinkKeys } from './aps/link-keys.ts'
import {
  type RegistrationEffect,
  type RegistrationEvent,
  type RegistrationRules,
  register,
  UNREGISTERED,
} from './registration.ts'

/** What a node proves itself with in one suite. Test material only. */
export interface SuiteCredentials {
  certificate: Uint8Array
  privateKey: Uint8Array
  authority: { issuer: Eui64; publicKey: Uint8Array }
}
/** What a node proves itself with: at least one suite. */
export type Credentials = { readonly [S in CryptoSuite]?: SuiteCredentials } & {
  /** Begin in this suite, whatever the trust centre says it has. */
  readonly forcedSuite?: CryptoSuite
}

export interface LinkSecurityOptions {
  eui64: Eui64
  side: RegistrationRules['side']
  credentials: Credentials
  timers: Timers
  random: RandomStream
  trace: Trace
  linkKeys: LinkKeys
  /** Own endpoint from which this node begins. */
  endpoint: () => number
  /** Whether a device may begin an exchange here. */
  admits: (device: Eui64) => boolean
  /** Finds the endpoint at which a device serves key establishment; `onFound` is called once. */
  find: (device: Eui64, onFound: (endpoint: number | undefined) => void) => void
  transmit: (ends: Ends, asdu: Uint8Array, onOutcome: (delivered: boolean) => void) => void
  /** A key that may carry data is shared with the device now. */
  onEstablished: (device: Eui64) => void
  /** There will never be a key with this trust centre. */
  onHopeless: () => void
}
/** Where a frame of the cluster goes, and from which endpoint here. */
export interface Ends {
  device: Eui64
  endpoint: number
  here: number
}

export const KEY_ESTABLISHMENT = 0x0800
/** What the heavy arithmetic takes on a meter. @source assumed */
const COMPUTE_US = seconds(1)
/** Attempts of several joiners drift apart. @source assumed */
const JITTER_US = seconds(2)
/** Devices whose endpoint here is remembered; exchanges go on one at a time. */
const REMEMBERED = 16
/** Keys kept for opening captures. */
const MOST_KEYS = 1_024

export class LinkSecurity {
  private readonly options: LinkSecurityOptions
  private readonly rules: RegistrationRules
  private readonly exchange: KeyEstablishmentEndpoint
  private readonly keys: { device: Eui64; key: Uint8Array }[] = []
  /** Own endpoint that a device talks to, the latest last. */
  private readonly talks = new Map<Eui64, number>()
  private state = UNREGISTERED
  private timer: Timer | undefined

  constructor(options: LinkSecurityOptions) {
    const { eui64, side, credentials, timers, random, trace, linkKeys, admits } = options
    const held = ([1, 2] as const).flatMap(suite => {
      const of = credentials[suite]
      return of ? [{ suite, ...of }] : []
    })
    const { forcedSuite } = credentials
    this.options = options
    this.rules = { side, suites: held.map(({ suite }) => suite), ...(forcedSuite && { forcedSuite }) }
    this.exchange = new KeyEstablishmentEndpoint({
      timers,
      random,
      trace,
      ownEui64: eui64,
      identities: Object.fromEntries(
        held.map(({ suite, certificate, privateKey }) => [suite, { certificate, privateKey }]),
      ),
      caPublicKeys: held.map(({ suite, authority: { issuer, publicKey } }) => ({ suite, issuer, publicKey })),
      computeUs: { ephemeralData: COMPUTE_US, confirmKey: COMPUTE_US },
      admits,
      transmit: ({ device, endpoint }, asdu, onOutcome) => {
        const here = this.talks.get(device) ?? options.endpoint()
        options.transmit({ device, endpoint, here }, asdu, onOutcome)
      },
      onEstablished: ({ device }, { keyData, suite }) => {
        linkKeys.set(device, keyData, 'verified')
        this.keys.push({ device, key: keyData })
        if (this.keys.length > MOST_KEYS) this.keys.shift()
        trace.emit({ kind: 'han.link-key', partner: device, suite })
        this.take({ on: 'established', partner: device })
        options.onEstablished(device)
      },
      onFailed: ({ device }, failure) => this.failed(device, failure),
    })
  }

  /** Something of the exchange is outstanding: a sleeper polls fast. */
  get busy(): boolean {
    return !this.exchange.idle
  }
  /** The keys established here, the latest 1,024: for opening captures of a test HAN. */
  get established(): readonly { device: Eui64; key: Uint8Array }[] {
    return this.keys
  }

  /** Joiner: has the network key now, and no link key that may carry data. */
  begin(trustCentre: Eui64): void {
    this.take({ on: 'joined', partner: trustCentre })
  }
  /** The partner sent data under a key that is retired here: makes a new one. A trust centre does so for one device at a time. */
  renew(partner: Eui64): void {
    this.take({ on: 'stale', partner })
  }
  /** A frame of the cluster, at the own endpoint `here`. */
  receive({ device, endpoint, here }: Ends, asdu: Uint8Array): void {
    this.talk(device, here)
    this.exchange.receive({ device, endpoint }, asdu)
  }
  /** Off the network. */
  abandon(): void {
    this.take({ on: 'abandon' })
    this.exchange.abandon()
    this.talks.clear()
  }

  private failed(device: Eui64, { role, reason, waitS, detail }: Failure): void {
    this.options.trace.emit({ kind: 'han.link-key-failed', partner: device, reason, detail })
    if (role === 'initiator') this.take({ on: 'failed', partner: device, reason, waitS })
  }

  private take(event: RegistrationEvent): void {
    const { state, effects } = register(this.state, event, this.rules)
    this.state = state
    for (const effect of effects) this.carryOut(effect)
  }

  private carryOut(effect: RegistrationEffect): void {
    const { options } = this
    switch (effect.do) {
      case 'find': {
        const { partner } = effect
        return options.find(partner, endpoint => {
          const event = endpoint === undefined ? ({ on: 'not-found' } as const) : ({ on: 'found', endpoint } as const)
          this.take({ ...event, partner })
        })
      }
      case 'exchange':
        return this.start(effect.partner, effect.endpoint, effect.suite)
      case 'drop':
        return this.exchange.abandon()
      case 'wait':
        this.timer = options.timers.after(effect.forUs + options.random.int(JITTER_US), 'key establishment again', () =>
          this.take({ on: 'due' }),
        )
        return
      case 'stop-waiting':
        return this.timer?.cancel()
      case 'leave':
        return options.onHopeless()
      default:
        return effect satisfies never
    }
  }

  /** A node with one suite has nothing to ask for: whoever has another says so. */
  private start(device: Eui64, endpoint: number, suite?: CryptoSuite): void {
    const { suites } = this.rules
    this.talk(device, this.options.endpoint())
    this.exchange.start({ device, endpoint }, suite ?? (suites.length === 1 ? suites[0] : undefined))
  }

  private talk(device: Eui64, here: number): void {
    this.talks.delete(device)
    this.talks.set(device, here)
    const [oldest] = this.talks.keys()
    if (this.talks.size > REMEMBERED && oldest !== undefined) this.talks.delete(oldest)
  }
}
