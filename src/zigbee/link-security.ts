/**
 * How a node comes to a link key with the trust centre that may carry data: key establishment by certificates, begun by the
 * joiner as soon as it has the network key, and again after a while when it fails.
 * @source ZigBee Smart Energy profile: registration; retries as published by EmberZNet: 10, then a pause of 15 min
 */
import type { Eui64 } from '../base/ids.ts'
import { minutes, seconds } from '../base/time.ts'
import type { RandomStream, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { KeyEstablishmentEndpoint } from '../zcl/key-establishment/endpoint.ts'
import type { LinkKeys } from './aps/link-keys.ts'

/** What a node proves itself with. Test material only. */
export interface Credentials {
  certificate: Uint8Array
  privateKey: Uint8Array
  authority: { issuer: Eui64; publicKey: Uint8Array }
}

export interface LinkSecurityOptions {
  eui64: Eui64
  credentials: Credentials
  timers: Timers
  random: RandomStream
  trace: Trace
  linkKeys: LinkKeys
  transmit: (device: Eui64, endpoint: number, asdu: Uint8Array, onOutcome: (delivered: boolean) => void) => void
  /** A key that may carry data is shared with the device now. */
  onEstablished: (device: Eui64) => void
}

export const KEY_ESTABLISHMENT = 0x0800
/** Endpoint of the trust centre that serves key establishment. @source assumed: a fixed one, ours */
const TRUST_CENTRE_ENDPOINT = 1
const SUITE = 1
/** What the heavy arithmetic takes on a meter. @source assumed */
const COMPUTE_US = seconds(1)
const EAGER_ATTEMPTS = 10
const PAUSE_US = minutes(15)

export class LinkSecurity {
  private readonly options: LinkSecurityOptions
  private readonly exchange: KeyEstablishmentEndpoint
  private readonly keys: { device: Eui64; key: Uint8Array }[] = []
  private trustCentre: Eui64 | undefined
  private attempts = 0

  constructor(options: LinkSecurityOptions) {
    const { eui64, credentials, timers, random, trace, linkKeys } = options
    const { certificate, privateKey, authority } = credentials
    this.options = options
    this.exchange = new KeyEstablishmentEndpoint({
      timers,
      random,
      trace,
      ownEui64: eui64,
      identities: { [SUITE]: { certificate, privateKey } },
      caPublicKeys: [{ suite: SUITE, issuer: authority.issuer, publicKey: authority.publicKey }],
      computeUs: { ephemeralData: COMPUTE_US, confirmKey: COMPUTE_US },
      transmit: ({ device, endpoint }, asdu, onOutcome) => options.transmit(device, endpoint, asdu, onOutcome),
      onEstablished: ({ device }, { keyData }) => {
        linkKeys.set(device, keyData, 'verified')
        this.keys.push({ device, key: keyData })
        this.attempts = 0
        options.onEstablished(device)
      },
      onFailed: (_peer, { by, waitS }) => {
        if (this.trustCentre !== undefined) this.again(by === 'peer' ? seconds(waitS) : seconds(10))
      },
    })
  }

  /** Something of the exchange is outstanding: a sleeper polls fast. */
  get busy(): boolean {
    return !this.exchange.idle
  }
  /** Every key established here: for opening captures of a test HAN. */
  get established(): readonly { device: Eui64; key: Uint8Array }[] {
    return this.keys
  }

  /** Joiner: has the network key now. */
  begin(trustCentre: Eui64): void {
    this.trustCentre = trustCentre
    this.attempts = 0
    this.start()
  }
  receive(device: Eui64, endpoint: number, asdu: Uint8Array): void {
    this.exchange.receive({ device, endpoint }, asdu)
  }
  /** Off the network. */
  abandon(): void {
    this.trustCentre = undefined
    this.exchange.abandon()
  }

  private start(): void {
    if (this.trustCentre === undefined) return
    this.attempts++
    this.exchange.start({ device: this.trustCentre, endpoint: TRUST_CENTRE_ENDPOINT })
  }
  private again(afterUs: number): void {
    const pause = this.attempts >= EAGER_ATTEMPTS ? PAUSE_US : afterUs
    if (this.attempts >= EAGER_ATTEMPTS) this.attempts = 0
    this.options.timers.after(pause + this.options.random.int(seconds(2)), 'key establishment again', () => {
      if (this.exchange.idle) this.start()
    })
  }
}
