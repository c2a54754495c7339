/** Two or more parties that run key establishment over a link of octets, for tests. */
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { milliseconds, minutes } from '../../src/base/time.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TestAuthority } from '../../src/crypto/test-authority.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import {
  type Established,
  KeyEstablishment,
  type KeyEstablishmentOptions,
  type OutgoingCommand,
} from '../../src/zcl/key-establishment/key-establishment.ts'
import { decode, encode } from '../../src/zcl/key-establishment/octets.ts'
import type { Failure } from '../../src/zcl/key-establishment/states.ts'

export const METER: Eui64 = '00db1234567890a3'
export const HUB: Eui64 = '00db1234567890a1'
export const DISPLAY: Eui64 = '00db1234567890a5'
const LINK_DELAY_US = milliseconds(10)

/** A command on its way. */
export interface Flight {
  from: Eui64
  to: Eui64
  command: OutgoingCommand
  asdu: Uint8Array
  atUs: Micros
}

/** What becomes of a command: how many copies arrive; 0 is lost. Changing `asdu` changes what arrives. */
export type Fate = (flight: Flight, index: number) => number

export interface Party {
  eui64: Eui64
  machine: KeyEstablishment
  established: (Established & { peer: Eui64; atUs: Micros })[]
  failed: (Failure & { peer: Eui64; atUs: Micros })[]
  trace: TraceEvent[]
  /** Commands that reached it. */
  heard: string[]
}

export type PartyOptions = Partial<Omit<KeyEstablishmentOptions, 'timers' | 'send' | 'onEstablished' | 'onFailed'>>

export class Bench {
  readonly kernel: Kernel
  readonly flights: Flight[] = []
  fate: Fate = () => 1
  /** Whether the sender learns, as from APS, that a command arrived; `never`: that it did not, though it did. */
  acknowledged: boolean | 'never' = false
  private readonly authorities = new Map<string, TestAuthority>()
  private readonly parties = new Map<Eui64, Party>()

  constructor(seed = '1') {
    this.kernel = new Kernel({ seed, startUnixMs: 0 })
  }

  /** The authority of that name in a suite; the same one each time. */
  authority(suite: CryptoSuite, label = 'authority', issuer?: Eui64): TestAuthority {
    const name = `${label} ${suite}`
    const random = this.kernel.random.stream(name)
    const known = this.authorities.get(name)
    const authority = known ?? new TestAuthority({ curve: curveOf(suite), random, ...(issuer && { issuer }) })
    this.authorities.set(name, authority)
    return authority
  }

  add(eui64: Eui64, options: PartyOptions = {}): Party {
    const { kernel } = this
    const party: Party = {
      eui64,
      established: [],
      failed: [],
      trace: [],
      heard: [],
      machine: new KeyEstablishment({
        timers: kernel,
        random: kernel.random.stream(`ephemeral ${eui64}`),
        ownEui64: eui64,
        identities: {},
        caPublicKeys: [],
        trace: { emit: event => party.trace.push(event) },
        ...options,
        send: (peer, command, onOutcome) => this.carry(eui64, peer.device, command, onOutcome),
        onEstablished: (peer, established) =>
          party.established.push({ ...established, peer: peer.device, atUs: kernel.nowUs() }),
        onFailed: (peer, failure) => party.failed.push({ ...failure, peer: peer.device, atUs: kernel.nowUs() }),
      }),
    }
    this.parties.set(eui64, party)
    return party
  }

  /** A party certified in the suites by this bench's authorities. */
  certified(eui64: Eui64, suites: readonly CryptoSuite[], options: PartyOptions = {}): Party {
    const held = suites.map(suite => ({ suite, authority: this.authority(suite) }))
    const identities = Object.fromEntries(
      held.map(({ suite, authority }) => [suite, authority.issue({ subject: eui64 })]),
    )
    const caPublicKeys = held.map(({ suite, authority: { issuer, publicKey } }) => ({ suite, issuer, publicKey }))
    return this.add(eui64, { identities, caPublicKeys, ...options })
  }

  /** Octets from anybody, at once. */
  inject(from: Eui64, to: Eui64, asdu: Uint8Array): void {
    const party = this.parties.get(to)
    if (!party) return
    const frame = decode(asdu)
    party.heard.push(frame.kind === 'cluster' ? frame.command : frame.kind)
    party.machine.receive({ device: from, endpoint: 1 }, frame)
  }

  run(forUs: Micros = minutes(10)): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }

  /** Names of the commands sent so far, with the sender. */
  sent(): string[] {
    return this.flights.map(({ from, command }) => `${from.slice(-2)} ${command.name}`)
  }
  /** Octets sent so far, hexadecimal. */
  octets(): string[] {
    return this.flights.map(({ asdu }) => toHex(asdu))
  }

  private carry(from: Eui64, to: Eui64, command: OutgoingCommand, onOutcome: (delivered: boolean) => void): void {
    const flight: Flight = { from, to, command, asdu: encode(command, command.sequence), atUs: this.kernel.nowUs() }
    const copies = this.fate(flight, this.flights.push(flight) - 1)
    for (let copy = 0; copy < copies; copy++) {
      this.kernel.after(LINK_DELAY_US, 'link', () => this.inject(from, to, flight.asdu))
    }
    if (!this.acknowledged) return
    const delivered = copies > 0 && this.acknowledged !== 'never'
    const afterUs = (this.acknowledged === 'never' ? 3 : 2) * LINK_DELAY_US
    this.kernel.after(afterUs, 'link outcome', () => onOutcome(delivered))
  }
}

/** The Terminate that a party was sent, as status, wait and suites. */
export const terminates = (bench: Bench) =>
  bench.flights.flatMap(({ from, command }) =>
    command.name === 'TerminateKeyEstablishment' ? [{ from, ...command.payload }] : [],
  )
