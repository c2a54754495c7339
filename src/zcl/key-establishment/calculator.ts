/** The arithmetic that the machine asks for. */
import { InvariantError, WireError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { type Cbke, cbke } from '../../crypto/cbke.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import type { RandomStream } from '../../ports/time.ts'
import type { Answered, Event, Work } from './states.ts'

/** Private key of each suite, as octets. */
export type PrivateKeys = ReadonlyMap<CryptoSuite, Uint8Array>

export class Calculator {
  private readonly ownEui64: Eui64
  private readonly privateKeys: PrivateKeys
  private readonly random: RandomStream
  private readonly suites = new Map<CryptoSuite, Cbke>()

  constructor(options: { ownEui64: Eui64; privateKeys: PrivateKeys; random: RandomStream }) {
    this.ownEui64 = options.ownEui64
    this.privateKeys = options.privateKeys
    this.random = options.random
  }

  /** Does it, in one go. */
  result(work: Work): Event {
    if (work.make === 'ephemeral') return { on: 'ephemeral', ephemeral: this.of(work.suite).ephemeral(this.random) }
    try {
      return { on: 'keys', keys: this.keys(work.exchange) }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return { on: 'no-keys', detail: error.message }
    }
  }

  private keys({ role, suite, peer, partner, ephemeral, peerEphemeral }: Answered) {
    const calculator = this.of(suite)
    const privateKey = this.privateKeys.get(suite)
    if (!privateKey) throw new InvariantError(`key establishment in suite ${suite}, for which there is no private key`)
    const { macKey, keyData } = calculator.sharedSecret({
      own: { privateKey, ephemeral },
      peer: { ...partner, ephemeralPublicKey: peerEphemeral },
    })
    const us = { eui64: this.ownEui64, ephemeralPublicKey: ephemeral.publicKey }
    const them = { eui64: peer.device, ephemeralPublicKey: peerEphemeral }
    const [initiator, responder] = role === 'initiator' ? [us, them] : [them, us]
    const confirmation = { macKey, initiator, responder }
    return { keyData, macU: calculator.macU(confirmation), macV: calculator.macV(confirmation) }
  }

  private of(suite: CryptoSuite): Cbke {
    const calculator = this.suites.get(suite) ?? cbke(suite)
    this.suites.set(suite, calculator)
    return calculator
  }
}
