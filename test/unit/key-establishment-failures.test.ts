import { describe, expect, it } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'
import { TerminateStatus, type TerminateStatusName } from '../../src/zcl/key-establishment/terminate-status.ts'
import { Bench, DISPLAY, type Fate, HUB, METER, type Party, terminates } from './key-establishment-bench.ts'

const at = (device: string) => ({ device, endpoint: 10 })

/** An exchange that the meter begins with the hub, and what each side made of it. */
function exchange(
  fate: Fate,
  { suite = 1, acknowledged = false, parties }: { suite?: CryptoSuite; acknowledged?: boolean; parties?: Parties } = {},
) {
  const bench = new Bench()
  const [meter, hub] = parties?.(bench) ?? [bench.certified(METER, [suite]), bench.certified(HUB, [suite])]
  bench.acknowledged = acknowledged
  bench.fate = fate
  meter.machine.start(at(HUB), suite)
  bench.run()
  return { bench, meter, hub }
}
type Parties = (bench: Bench) => [Party, Party]

const outcome = ({ established, failed }: Party) =>
  established.length > 0
    ? 'established'
    : (failed.map(({ reason, atUs }) => `${reason} ${atUs / 1_000}`)[0] ?? 'nothing')

/** Arithmetic takes no time here, the link 10 ms; 3 and 6 s are announced. */
const LOST = [
  { lost: 'Initiate Request', index: 0, meter: 'timeout 2000', hub: 'nothing' },
  { lost: 'Initiate Response', index: 1, meter: 'timeout 2000', hub: 'timeout 5010' },
  { lost: 'Ephemeral Data Request', index: 2, meter: 'timeout 5020', hub: 'timeout 5010' },
  { lost: 'Ephemeral Data Response', index: 3, meter: 'timeout 5020', hub: 'timeout 8030' },
  { lost: 'Confirm Key Data Request', index: 4, meter: 'timeout 8040', hub: 'timeout 8030' },
  { lost: 'Confirm Key Data Response', index: 5, meter: 'timeout 8040', hub: 'established' },
]

describe.each(LOST)('a lost $lost', ({ index, meter: meterSays, hub: hubSays }) => {
  const losing = (options = {}) => exchange((_, at) => (at === index ? 0 : 1), options)

  it('ends by timeout on both sides, without Terminate, and can be tried again', () => {
    const { bench, meter, hub } = losing()
    expect(outcome(meter)).toBe(meterSays)
    expect(outcome(hub)).toBe(hubSays)
    expect(terminates(bench)).toEqual([])
    expect([meter.machine.state, hub.machine.state]).toEqual(['idle', 'idle'])
    expect(bench.kernel.nextAtUs).toBeUndefined()

    meter.machine.start(at(HUB), 1)
    bench.run()
    expect(meter.established).toHaveLength(1)
    expect(hub.established.at(-1)!.keyData).toEqual(meter.established[0]!.keyData)
  })

  it('ends at once for its sender when the transport tells of it, unless the sender has all it needs', () => {
    const { bench, meter, hub } = losing({ acknowledged: true })
    const sender = index % 2 === 0 ? meter : hub
    const sentMs = bench.flights[index]!.atUs / 1_000
    expect(outcome(sender)).toBe(index === 5 ? 'established' : `not-delivered ${sentMs + 20}`)
    expect(terminates(bench)).toEqual([])
    expect([meter.machine.state, hub.machine.state]).toEqual(['idle', 'idle'])
  })
})

describe.each([0, 1, 2, 3, 4, 5])('message %i in two copies', index => {
  it('changes nothing and is counted', () => {
    const { bench, meter, hub } = exchange((_, at) => (at === index ? 2 : 1))
    expect(meter.established).toHaveLength(1)
    expect(hub.established).toHaveLength(1)
    const receiver = index % 2 === 0 ? hub : meter
    expect(receiver.machine.counts.duplicate).toBe(1)
    expect(bench.flights).toHaveLength(6)
  })

  it('changes nothing when the second copy comes after the end', () => {
    const { bench, meter, hub } = exchange(() => 1)
    const { from, to, asdu } = bench.flights[index]!
    bench.inject(from, to, asdu)
    bench.run(milliseconds(100))
    if (index === 0) {
      // Nothing tells a late copy from a new beginning with the same number; it ends by itself.
      expect(hub.machine.state).toBe('awaits-ephemeral-request')
      bench.run()
      expect(hub.failed).toMatchObject([{ reason: 'timeout' }])
    } else {
      expect(bench.flights).toHaveLength(6)
    }
    expect([meter.established, hub.established].map(({ length }) => length)).toEqual([1, 1])
  })
})

/** One octet of one message is another. */
const altered =
  (index: number, change: (asdu: Uint8Array) => Uint8Array): Fate =>
  (flight, at) => {
    if (at === index) flight.asdu = change(Uint8Array.from(flight.asdu))
    return 1
  }
const octet = (position: number, to: number | ((before: number) => number)) => (asdu: Uint8Array) => {
  const found = asdu.at(position)!
  return asdu.with(position < 0 ? asdu.length + position : position, typeof to === 'number' ? to : to(found))
}
const without = (octets: number) => (asdu: Uint8Array) => asdu.slice(0, asdu.length - octets)
const withMore = (octets: number) => (asdu: Uint8Array) => Uint8Array.from([...asdu, ...new Array(octets).fill(0)])

/** Offsets: 3 octets of ZCL header, suite at 3, certificate at 7. */
const CERTIFICATE = 7
interface Case {
  what: string
  status: TerminateStatusName
  suite?: CryptoSuite
  /** To the message of either side. */
  change: (asdu: Uint8Array) => Uint8Array
  /** Of the message of a pair: Initiate 0, Ephemeral Data 2, Confirm Key Data 4. */
  step: 0 | 2 | 4
}
const CASES: Case[] = [
  { step: 0, what: 'no suite', status: 'BAD_MESSAGE', change: octet(3, 0) },
  { step: 0, what: 'two suites', status: 'BAD_MESSAGE', change: octet(3, 3) },
  { step: 0, what: 'a suite nobody has', status: 'UNSUPPORTED_SUITE', change: octet(3, 4) },
  {
    step: 0,
    what: 'a suite of the upper octet',
    status: 'UNSUPPORTED_SUITE',
    change: a => octet(3, 0)(octet(4, 0x80)(a)),
  },
  { step: 0, what: 'a suite that only one side has', status: 'UNSUPPORTED_SUITE', change: octet(3, 2) },
  { step: 0, what: 'a certificate too short', status: 'BAD_MESSAGE', change: without(1) },
  { step: 0, what: 'a certificate too long', status: 'BAD_MESSAGE', change: withMore(1) },
  { step: 0, what: 'no certificate', status: 'BAD_MESSAGE', change: without(48) },
  { step: 0, what: 'an unknown issuer', status: 'UNKNOWN_ISSUER', change: octet(CERTIFICATE + 37, b => b ^ 1) },
  { step: 0, what: 'the certificate of another', status: 'INVALID_CERTIFICATE', change: octet(CERTIFICATE + 29, 0xff) },
  { step: 0, what: 'a certificate with no point', status: 'INVALID_CERTIFICATE', change: octet(CERTIFICATE, 5) },
  { step: 0, suite: 2, what: 'another type', status: 'INVALID_CERTIFICATE', change: octet(CERTIFICATE, 1) },
  { step: 0, suite: 2, what: 'another curve', status: 'INVALID_CERTIFICATE', change: octet(CERTIFICATE + 9, 0x0c) },
  { step: 0, suite: 2, what: 'another hash', status: 'INVALID_CERTIFICATE', change: octet(CERTIFICATE + 10, 9) },
  {
    step: 0,
    suite: 2,
    what: 'an unknown issuer',
    status: 'UNKNOWN_ISSUER',
    change: octet(CERTIFICATE + 18, b => b ^ 1),
  },
  { step: 0, suite: 2, what: 'no key agreement', status: 'INVALID_CERTIFICATE', change: octet(CERTIFICATE + 36, 0x80) },
  { step: 2, what: 'no octets of a point', status: 'BAD_MESSAGE', change: without(22) },
  { step: 2, what: 'a point too short', status: 'BAD_MESSAGE', change: without(1) },
  { step: 2, what: 'a point too long', status: 'BAD_MESSAGE', change: withMore(1) },
  { step: 2, what: 'a point with another prefix', status: 'BAD_MESSAGE', change: octet(3, 4) },
  { step: 2, suite: 2, what: 'a point of the other suite', status: 'BAD_MESSAGE', change: without(15) },
  { step: 4, what: 'another MAC', status: 'BAD_KEY_CONFIRM', change: octet(-1, b => b ^ 1) },
  { step: 4, what: 'a MAC that differs in its first bit', status: 'BAD_KEY_CONFIRM', change: octet(3, b => b ^ 0x80) },
  { step: 4, suite: 2, what: 'another MAC', status: 'BAD_KEY_CONFIRM', change: octet(-1, b => b ^ 1) },
  { step: 4, what: 'a MAC too short', status: 'BAD_MESSAGE', change: without(1) },
  { step: 4, what: 'a MAC too long', status: 'BAD_MESSAGE', change: withMore(1) },
  { step: 4, what: 'no MAC', status: 'BAD_MESSAGE', change: without(16) },
  {
    step: 2,
    what: 'another point of the curve, so that the MACs differ',
    status: 'BAD_KEY_CONFIRM',
    change: octet(3, b => b ^ 1),
  },
]

describe.each(CASES)('step $step: $what', ({ step, suite = 1, status, change }) => {
  it.each(['initiator', 'responder'] as const)(`ends with ${status} when the %s sends it`, sender => {
    const { bench, meter, hub } = exchange(altered(sender === 'initiator' ? step : step + 1, change), { suite })
    const [sent, objecting] = sender === 'initiator' ? [meter, hub] : [hub, meter]
    // Both MACs are made from both points: the responder is the first to see that they differ.
    const byResponder = status === 'BAD_KEY_CONFIRM' && step === 2
    const [told, teller] = byResponder ? [meter, hub] : [sent, objecting]
    const statusCode = TerminateStatus[status]
    expect(terminates(bench)).toEqual([{ from: teller.eui64, statusCode, waitTime: 30, keyEstablishmentSuite: suite }])
    expect(teller.failed).toMatchObject([{ reason: status, by: 'us', peer: told.eui64, waitS: 0 }])
    // With its last message the responder has the key: it knows no better than that the initiator took it.
    const tooLate = sender === 'responder' && step === 4
    expect(told.failed).toMatchObject(tooLate ? [] : [{ reason: status, by: 'peer', waitS: 30, suites: suite }])
    expect([...meter.established, ...hub.established].length).toBe(tooLate ? 1 : 0)
    expect(told.machine.counts.stranger).toBe(tooLate ? 1 : 0)
    expect([meter.machine.state, hub.machine.state]).toEqual(['idle', 'idle'])
    expect(teller.machine.counts.unsuitable).toBe(1)
    // The objection is the next message, wherever the arithmetic would have found the same later.
    expect(bench.flights).toHaveLength(byResponder ? 6 : (sender === 'initiator' ? step : step + 1) + 2)
    expect(teller.trace).toMatchObject([{ kind: 'cbke.refused', from: told.eui64 }])
  })
})

describe('a message that ends before its fields do', () => {
  it('is turned away by a responder, for which nothing has begun', () => {
    const { bench, meter, hub } = exchange(altered(0, without(50)))
    expect(terminates(bench)).toMatchObject([{ from: HUB, statusCode: TerminateStatus.BAD_MESSAGE }])
    expect(hub.machine.counts.unreadable).toBe(1)
    expect(hub.failed).toEqual([])
    expect(meter.failed).toMatchObject([{ reason: 'BAD_MESSAGE', by: 'peer' }])
  })

  it('ends the exchange of an initiator', () => {
    const { bench, meter, hub } = exchange(altered(1, without(50)))
    expect(terminates(bench)).toMatchObject([{ from: METER, statusCode: TerminateStatus.BAD_MESSAGE }])
    expect(meter.machine.counts.unreadable).toBe(1)
    expect(meter.failed[0]!.detail).toContain('wire.truncated at octet 5 (ephemeralDataGenerateTime)')
    expect(hub.failed).toMatchObject([{ reason: 'BAD_MESSAGE', by: 'peer' }])
  })
})

describe('certificates of the wrong kind', () => {
  it('an authority of the known name but with another key is found out when the MACs are compared', () => {
    const { meter, hub } = exchange(() => 1, {
      parties: bench => {
        const false_ = bench.authority(1, 'false authority')
        const identities = { 1: false_.issue({ subject: METER }) }
        const { issuer, publicKey } = bench.authority(1)
        const meter = bench.add(METER, { identities, caPublicKeys: [{ suite: 1, issuer, publicKey }] })
        return [meter, bench.certified(HUB, [1])]
      },
    })
    expect(hub.failed).toMatchObject([{ reason: 'BAD_KEY_CONFIRM', by: 'us' }])
    expect(meter.failed).toMatchObject([{ reason: 'BAD_KEY_CONFIRM', by: 'peer' }])
    expect([...meter.established, ...hub.established]).toEqual([])
  })

  it('a good certificate without its private key is found out when the MACs are compared', () => {
    const { hub } = exchange(() => 1, {
      parties: bench => {
        const authority = bench.authority(1)
        const [stolen, own] = [authority.issue({ subject: METER }), authority.issue({ subject: METER })]
        const identities = { 1: { certificate: stolen.certificate, privateKey: own.privateKey } }
        const { issuer, publicKey } = authority
        const meter = bench.add(METER, { identities, caPublicKeys: [{ suite: 1, issuer, publicKey }] })
        return [meter, bench.certified(HUB, [1])]
      },
    })
    expect(hub.failed).toMatchObject([{ reason: 'BAD_KEY_CONFIRM', by: 'us' }])
  })

  it('a node without any certificate has no suite to offer', () => {
    const { bench, meter } = exchange(() => 1, { parties: b => [b.certified(METER, [1]), b.add(HUB)] })
    expect(meter.failed).toMatchObject([{ reason: 'UNSUPPORTED_SUITE', by: 'peer', suites: 0 }])
    expect(bench.flights).toHaveLength(2)
  })

  it('a responder that answers in another suite than asked for is not followed', () => {
    const both: Parties = bench => [bench.certified(METER, [1, 2]), bench.certified(HUB, [1, 2])]
    const { meter } = exchange(altered(1, octet(3, 2)), { parties: both })
    expect(meter.failed).toMatchObject([{ reason: 'BAD_MESSAGE', detail: 'suite 2 found, 1 asked for' }])
  })
})

describe('what a peer says with other means', () => {
  it('an acknowledgement that fails to come does not count once the answer is there', () => {
    const bench = new Bench()
    bench.acknowledged = 'never'
    const [meter, hub] = [bench.certified(METER, [1]), bench.certified(HUB, [1])]
    meter.machine.start(at(HUB), 1)
    bench.run()
    expect([meter.established.length, hub.established.length]).toEqual([1, 1])
    expect([...meter.failed, ...hub.failed]).toEqual([])
  })

  it('a partner that begins anew with a bad certificate ends the exchange before, and its timer', () => {
    const bench = new Bench()
    const [meter, hub] = [bench.certified(METER, [1]), bench.certified(HUB, [1])]
    meter.machine.start(at(HUB), 1)
    bench.run(milliseconds(15))
    const again = bench.flights[0]!.asdu.with(1, 99).with(CERTIFICATE, 5)
    bench.inject(METER, HUB, again)
    bench.run()
    expect(hub.failed).toMatchObject([{ reason: 'INVALID_CERTIFICATE', by: 'us', role: 'responder' }])
    expect(hub.machine.counts).toMatchObject({ restarted: 1, unsuitable: 1 })
    expect(hub.machine.state).toBe('idle')
  })

  it('a Default Response of failure to the latest message ends the exchange, to another it does not', () => {
    const bench = new Bench()
    const meter = bench.certified(METER, [1])
    meter.machine.start(at(HUB), 1)
    const { sequence } = bench.flights[0]!.command
    const response = (to: number, status: number) => Uint8Array.of(0x18, to, 0x0b, 0x00, status)
    bench.inject(HUB, METER, response(sequence + 1, 0xc3))
    bench.inject(HUB, METER, response(sequence, 0x00))
    // Answered with NO_RESOURCES under a number that is none of ours.
    bench.inject(DISPLAY, METER, Uint8Array.of(0x11, 200, 0, 1, 0, 3, 6))
    bench.inject(HUB, METER, response(200, 0xc3))
    expect(meter.machine.state).toBe('awaits-initiate-response')
    bench.inject(HUB, METER, response(sequence, 0xc3))
    expect(meter.failed).toMatchObject([
      { reason: 'not-understood', by: 'peer', detail: 'Default Response with status 195' },
    ])
    expect(terminates(bench)).toMatchObject([{ from: METER, statusCode: TerminateStatus.NO_RESOURCES }])
  })

  it('a Terminate with a reserved status ends the exchange too', () => {
    const bench = new Bench()
    const meter = bench.certified(METER, [1])
    meter.machine.start(at(HUB), 1)
    bench.inject(HUB, METER, Uint8Array.of(0x19, 1, 3, 0x77, 9, 3, 0))
    expect(meter.failed).toMatchObject([{ reason: 'unknown-status', by: 'peer', waitS: 9, suites: 3 }])
    bench.run(seconds(20))
    expect(meter.failed).toHaveLength(1)
  })
})
