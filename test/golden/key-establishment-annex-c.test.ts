import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { minutes } from '../../src/base/time.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'
import { toInteger, toOctets } from '../../src/crypto/octets.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { KeyEstablishmentEndpoint } from '../../src/zcl/key-establishment/endpoint.ts'
import type { Established, OutgoingCommand } from '../../src/zcl/key-establishment/key-establishment.ts'
import { fromWire, toWire, type WireCommand } from '../../src/zcl/key-establishment/messages.ts'
import { decode, encode } from '../../src/zcl/key-establishment/octets.ts'
import type { Peer } from '../../src/zcl/transactions.ts'
import { Bench } from '../unit/key-establishment-bench.ts'
import { caPublicKey, certificateVector, type ExchangeVector, type PartyVector, vectors } from './crypto-vectors.ts'

/** What a node of the annex holds: certificate, private key, and dice that throw the ephemeral key printed there. */
function holdings({ certificate, ephemeralPrivate }: PartyVector, suite: CryptoSuite) {
  const certified = certificateVector(certificate)
  const { id, issuerField } = vectors.caPublicKeys.find(ca => ca.suite === suite)!
  // The annex prints one ephemeral key above the order of the curve.
  const scalar = toInteger(fromHex(ephemeralPrivate)) % curveOf(suite).n
  return {
    identities: {
      [suite]: { certificate: fromHex(certified.certificate), privateKey: fromHex(certified.privateKey!) },
    },
    caPublicKeys: [{ suite, issuer: issuerField, publicKey: caPublicKey(id) }],
    random: { next: () => 0, int: () => 0, bytes: (length: number) => toOctets(scalar, length) },
  }
}

function node(bench: Bench, vector: PartyVector, suite: CryptoSuite) {
  let sequence = 1
  return bench.add(vector.eui64, { ...holdings(vector, suite), nextSequence: () => ++sequence })
}

function exchange({ suite, initiator, responder }: ExchangeVector) {
  const bench = new Bench()
  const sides = { initiator: node(bench, initiator, suite), responder: node(bench, responder, suite) }
  sides.initiator.machine.start({ device: responder.eui64, endpoint: 10 }, suite)
  bench.run()
  return { bench, ...sides }
}

const annex = (id: string) => vectors.ecmqvExchanges.find(vector => vector.id === id)!

describe('the exchange of annex C', () => {
  it('suite 1 has on the air, octet for octet, the frames that carry C.5', () => {
    const { bench } = exchange(annex('se-c5'))
    const step = /^(initiate key establishment|ephemeral data|confirm key data) re/
    const frames = vectors.constructedFrames.frames.filter(({ name }) => step.test(name ?? ''))
    expect(frames).toHaveLength(6)
    // Without the eight octets of the APS header.
    expect(bench.octets()).toEqual(frames.map(({ nwkPlaintext }) => nwkPlaintext!.slice(16)))
  })

  it('a joiner that first asks which suites there are says and hears, octet for octet, all eight frames', () => {
    const { suite, initiator, responder } = annex('se-c5')
    const kernel = new Kernel({ seed: '1', startUnixMs: 0 })
    const said: string[] = []
    const nodes = new Map<string, KeyEstablishmentEndpoint>()
    const keys: string[] = []
    for (const vector of [initiator, responder]) {
      const transmit = (peer: Peer, asdu: Uint8Array) => {
        said.push(toHex(asdu))
        const from = { device: vector.eui64, endpoint: 10 }
        kernel.after(1_000, 'link', () => nodes.get(peer.device)!.receive(from, asdu))
      }
      const onEstablished = (_: Peer, { keyData }: Established) => void keys.push(toHex(keyData))
      const options = { timers: kernel, ownEui64: vector.eui64, onEstablished, onFailed: () => {}, transmit }
      nodes.set(vector.eui64, new KeyEstablishmentEndpoint({ ...options, ...holdings(vector, suite) }))
    }
    nodes.get(initiator.eui64)!.start({ device: responder.eui64, endpoint: 10 })
    kernel.runUntil(minutes(1))
    const step = /KeyEstablishmentSuite|^(initiate key establishment|ephemeral data|confirm key data) re/
    const frames = vectors.constructedFrames.frames.filter(({ name }) => step.test(name ?? ''))
    expect(frames).toHaveLength(8)
    expect(said).toEqual(frames.map(({ nwkPlaintext }) => nwkPlaintext!.slice(16)))
    expect(keys).toEqual([annex('se-c5').linkKey, annex('se-c5').linkKey])
  })

  it.each(vectors.ecmqvExchanges)('$id: six messages carry the published values, and both install the key', vector => {
    const { bench, initiator, responder } = exchange(vector)
    const suiteField = vector.suite === 1 ? '0100' : '0200'
    const [u, v] = [vector.initiator, vector.responder]
    const cert = (party: PartyVector) => certificateVector(party.certificate).certificate
    expect(bench.octets()).toEqual([
      `110200${suiteField}0306${cert(u)}`,
      `190200${suiteField}0306${cert(v)}`,
      `110301${u.ephemeralPublic}`,
      `190301${v.ephemeralPublic}`,
      `110402${vector.macu}`,
      `190402${vector.macv}`,
    ])
    expect(initiator.established).toMatchObject([{ role: 'initiator', suite: vector.suite, peer: v.eui64 }])
    expect(responder.established).toMatchObject([{ role: 'responder', suite: vector.suite, peer: u.eui64 }])
    for (const { established } of [initiator, responder]) expect(toHex(established[0]!.keyData)).toBe(vector.linkKey)
  })
})

/** @source ZigBee Smart Energy 07-5356, annex C.3.1.2.3, C.3.1.3.3: fields laid out by hand */
const LAYOUTS = [
  {
    octets: `11 05 00 0100 03 06 ${'c1'.repeat(48)}`,
    says: { command: 'initiate', direction: 'toServer', suites: 1, identity: new Uint8Array(48).fill(0xc1) },
  },
  {
    octets: `19 05 00 0200 0b 10 ${'c2'.repeat(74)}`,
    says: { command: 'initiate', suites: 2, ephemeralDataGenerateTimeS: 11, confirmKeyGenerateTimeS: 16 },
  },
  { octets: `11 06 01 ${'aa'.repeat(22)}`, says: { command: 'ephemeral-data', direction: 'toServer' } },
  { octets: `19 06 01 ${'aa'.repeat(37)}`, says: { ephemeralData: new Uint8Array(37).fill(0xaa) } },
  { octets: `11 07 02 ${'bb'.repeat(16)}`, says: { command: 'confirm-key', direction: 'toServer' } },
  { octets: `19 07 02 ${'bb'.repeat(16)}`, says: { mac: new Uint8Array(16).fill(0xbb), direction: 'toClient' } },
  {
    octets: '11 08 03 02 1e 0300',
    says: { command: 'terminate', direction: 'toServer', status: 2, waitTimeS: 30, suites: 3 },
  },
  { octets: '19 09 03 04 14 0100', says: { direction: 'toClient', status: 4, waitTimeS: 20, suites: 1 } },
]

describe('the eight messages', () => {
  it.each(LAYOUTS)('$octets is read as it says and written to the same octets', ({ octets, says }) => {
    const asdu = fromHex(octets.replaceAll(' ', ''))
    const frame = decode(asdu)
    if (frame.kind !== 'cluster') throw new Error(`${frame.kind} found, a command of the cluster expected`)
    const { direction, sequence } = frame.header
    const message = fromWire({ direction, name: frame.command, payload: frame.payload } as WireCommand)
    expect(message).toMatchObject(says)
    const command: OutgoingCommand = { ...toWire(message), sequence }
    expect(toHex(encode(command, command.sequence))).toBe(toHex(asdu))
  })

  it('KeyEstablishmentSuite has a bit for each suite held', () => {
    const bench = new Bench()
    const suites = ([[], [1], [2], [1, 2]] as const).map((held, i) => bench.certified(`000000000000000${i}`, held))
    expect(suites.map(({ machine }) => machine.suites)).toEqual([0, 1, 2, 3])
  })
})
