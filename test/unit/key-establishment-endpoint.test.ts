import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds } from '../../src/base/time.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { KeyEstablishmentEndpoint } from '../../src/zcl/key-establishment/endpoint.ts'
import type { Failure } from '../../src/zcl/key-establishment/states.ts'
import { Bench, HUB, METER } from './key-establishment-bench.ts'

const hub = { device: HUB, endpoint: 10 }
const meter = { device: METER, endpoint: 1 }

/** Endpoints with a link between them, and what came of it. */
function house(suitesOf: Record<Eui64, readonly CryptoSuite[]>) {
  const bench = new Bench()
  const { kernel } = bench
  const said: string[] = []
  const established: CryptoSuite[] = []
  const failed: Failure[] = []
  const trace: TraceEvent[] = []
  const endpoints = new Map<Eui64, KeyEstablishmentEndpoint>()
  const link = { delivers: true }
  for (const [eui64, suites] of Object.entries(suitesOf)) {
    const authorities = suites.map(suite => ({ suite, authority: bench.authority(suite) }))
    const endpoint = new KeyEstablishmentEndpoint({
      timers: kernel,
      random: kernel.random.stream(eui64),
      ownEui64: eui64,
      identities: Object.fromEntries(
        authorities.map(({ suite, authority }) => [suite, authority.issue({ subject: eui64 })]),
      ),
      caPublicKeys: authorities.map(({ suite, authority: { issuer, publicKey } }) => ({ suite, issuer, publicKey })),
      trace: { emit: event => trace.push(event) },
      transmit: (peer, asdu, onOutcome) => {
        said.push(toHex(asdu))
        const { delivers } = link
        const from = { device: eui64, endpoint: 1 }
        kernel.after(milliseconds(10), 'link', () => {
          if (delivers) endpoints.get(peer.device)?.receive(from, asdu)
          onOutcome(delivers)
        })
      },
      onEstablished: (_, { suite }) => established.push(suite),
      onFailed: (_, failure) => failed.push(failure),
    })
    endpoints.set(eui64, endpoint)
  }
  const at = (eui64: Eui64) => endpoints.get(eui64)!
  return { bench, said, established, failed, trace, link, at }
}

describe('the suite', () => {
  it.each([
    { ours: [1, 2], theirs: [1, 2], agreed: 2 },
    { ours: [1, 2], theirs: [1], agreed: 1 },
    { ours: [2], theirs: [1, 2], agreed: 2 },
  ] as const)('of $ours and $theirs is $agreed', ({ ours, theirs, agreed }) => {
    const { bench, at, established, failed } = house({ [METER]: ours, [HUB]: theirs })
    at(METER).start(hub)
    bench.run()
    expect(established).toEqual([agreed, agreed])
    expect(failed).toEqual([])
  })

  it('given is used without asking', () => {
    const { bench, at, established, said } = house({ [METER]: [1, 2], [HUB]: [1, 2] })
    at(METER).start(hub, 1)
    bench.run()
    expect(established).toEqual([1, 1])
    expect(said).toHaveLength(6)
  })

  it('that both sides have may be none', () => {
    const { bench, at, failed, said } = house({ [METER]: [1], [HUB]: [2] })
    at(METER).start(hub)
    bench.run()
    expect(failed).toMatchObject([{ reason: 'UNSUPPORTED_SUITE', by: 'us', suites: 2 }])
    expect(said).toHaveLength(2)
  })

  it.each([
    { answer: '18 01 01 0000 86', what: 'an attribute that the peer does not have' },
    { answer: '18 01 0b 00 c3', what: 'a cluster that the peer does not have' },
    { answer: '18 01 01 0000 00 42 01 41', what: 'an attribute of another type' },
    { answer: '18 01 01', what: 'an answer without the attribute' },
    { answer: '18 01 01 0000 00 31 0000', what: 'an empty set of suites' },
  ])('is 1 after $what', ({ answer }) => {
    const { at, said } = house({ [METER]: [1, 2] })
    at(METER).start(hub)
    at(METER).receive(hub, fromHex(answer.replaceAll(' ', '')))
    expect(said.map(asdu => asdu.slice(0, 10))).toEqual(['0001000000', '1102000100'])
  })

  it('is 1 when there is no answer, and there is no exchange when this side does not have it', () => {
    const { bench, at, said, failed } = house({ [METER]: [1, 2], [HUB]: [2] })
    at(METER).start({ device: '00db12345678dead', endpoint: 1 })
    bench.run()
    expect(said.map(asdu => asdu.slice(0, 10))).toEqual(['0001000000', '1102000100'])
    expect(failed).toMatchObject([{ reason: 'timeout', detail: 'no initiate-response in time' }])
    at(HUB).start({ device: '00db12345678dead', endpoint: 1 })
    bench.run()
    expect(failed[1]).toMatchObject({ reason: 'UNSUPPORTED_SUITE', by: 'us', suites: 1 })
  })

  it('is asked for once', () => {
    const { at, failed } = house({ [METER]: [1] })
    at(METER).start(hub)
    at(METER).start(hub)
    expect(failed).toMatchObject([{ reason: 'busy', detail: 'an exchange is under way: this side awaits-suites' }])
  })

  it('is not waited for when the question did not arrive, or when the node is off the network', () => {
    const { bench, at, failed, link } = house({ [METER]: [1], [HUB]: [1] })
    link.delivers = false
    at(METER).start(hub)
    bench.run()
    expect(failed).toMatchObject([{ reason: 'not-delivered' }])
    link.delivers = true
    at(METER).start(hub)
    at(METER).abandon()
    bench.run()
    expect(failed).toHaveLength(1)
    expect(at(METER).idle).toBe(true)
  })

  it('is not taken from another than the one that was asked', () => {
    const { bench, at, established, failed } = house({ [METER]: [1, 2], [HUB]: [1, 2] })
    at(METER).start(hub)
    at(METER).receive({ device: '00db12345678dead', endpoint: 10 }, fromHex('180101000000310100'))
    at(METER).receive(hub, fromHex('180901000000310100'))
    bench.run()
    expect(established).toEqual([2, 2])
    expect(failed).toEqual([])
  })
})

/** What a node with both suites answers. */
const ANSWERS = [
  { asks: '00 05 00 0000', hears: '18 05 01 0000 00 31 0300', what: 'a read of the suites' },
  { asks: '00 05 00 0100', hears: '18 05 01 0100 86', what: 'a read of an attribute it does not have' },
  { asks: '00 05 0c 0000 ff', hears: '18 05 0d 01 0000 31', what: 'a search for attributes' },
  { asks: '00 05 02 0000 31 0000', hears: '18 05 04 88 0000', what: 'a write of the suites' },
  { asks: '00 05 06 00 0000 31 0000 0100', hears: '18 05 0b 06 82', what: 'a wish for reports' },
  { asks: '00 05 77', hears: '18 05 0b 77 82', what: 'an unknown global command' },
  { asks: '05 34 12 05 02', hears: '1c 34 12 05 0b 02 83', what: "a manufacturer's command" },
  { asks: '00 05 00 00', hears: '18 05 0b 00 80', what: 'a read that ends too early' },
  { asks: '11 05 00 0300 03 06', hears: '19 05 03 03 1e 0300', what: 'an Initiate Request with two suites' },
  { asks: '00 05 05 0000 31 0000', hears: '', what: 'a write that wants no answer' },
  { asks: '08 05 0b 00', hears: '', what: 'an answer that ends too early' },
  { asks: '11 05', hears: '', what: 'a header that ends too early' },
]

describe('the cluster', () => {
  it.each(ANSWERS)('answers $what', ({ asks, hears }) => {
    const { at, said } = house({ [HUB]: [1, 2] })
    at(HUB).receive(meter, fromHex(asks.replaceAll(' ', '')))
    expect(said.join()).toBe(hears.replaceAll(' ', ''))
  })

  it('traces what makes no sense, with its place', () => {
    const { at, trace } = house({ [HUB]: [1] })
    for (const octets of ['1105', '00050000', '1105000300']) at(HUB).receive(meter, fromHex(octets))
    expect(trace).toMatchObject([
      { kind: 'zcl.malformed', from: METER, clusterId: 0x0800, code: 'wire.truncated' },
      { code: 'wire.truncated', detail: expect.stringContaining('at octet 3') },
      { kind: 'cbke.refused', reason: 'unreadable', detail: expect.stringContaining('ephemeralDataGenerateTime') },
    ])
    expect(at(HUB).counts.unreadable).toBe(1)
  })
})
