import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { commonSuite, suiteBit, suitesOf } from '../../src/zcl/key-establishment/suite-bits.ts'
import { Bench, DISPLAY, HUB, METER, terminates } from './key-establishment-bench.ts'

const at = (device: string) => ({ device, endpoint: 10 })
const STEPS = [
  'a3 InitiateKeyEstablishmentRequest',
  'a1 InitiateKeyEstablishmentResponse',
  'a3 EphemeralDataRequest',
  'a1 EphemeralDataResponse',
  'a3 ConfirmKeyDataRequest',
  'a1 ConfirmKeyDataResponse',
]

describe.each([1, 2] as const)('suite %i', suite => {
  it('twenty seeded pairs come to twenty keys, the same on both sides, in six messages', () => {
    const keys = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const bench = new Bench(`${suite} ${seed}`)
      const [meter, hub] = [bench.certified(METER, [suite]), bench.certified(HUB, [suite])]
      meter.machine.start(at(HUB), suite)
      bench.run()
      expect(bench.sent()).toEqual(STEPS)
      expect(meter.established).toMatchObject([{ role: 'initiator', suite, peer: HUB }])
      expect(hub.established).toMatchObject([{ role: 'responder', suite, peer: METER }])
      const [ours, theirs] = [meter, hub].map(({ established }) => toHex(established[0]!.keyData))
      expect(ours).toBe(theirs)
      expect([meter.machine.state, hub.machine.state]).toEqual(['idle', 'idle'])
      expect([...meter.failed, ...hub.failed, ...meter.trace, ...hub.trace]).toEqual([])
      keys.add(ours!)
    }
    expect(keys.size).toBe(20)
  })

  it('the same seed gives the same octets', () => {
    const octets = () => {
      const bench = new Bench('twice')
      const meter = bench.certified(METER, [suite])
      bench.certified(HUB, [suite])
      meter.machine.start(at(HUB), suite)
      bench.run()
      return bench.octets()
    }
    expect(octets()).toEqual(octets())
  })
})

describe('time', () => {
  const announced = { generateTimesS: { ephemeralData: 3, confirmKey: 6 } }

  it('the arithmetic takes as long as a device takes for it, and the link key is there after that', () => {
    const bench = new Bench()
    const computeUs = { ephemeralData: seconds(2), confirmKey: seconds(5) }
    const meter = bench.certified(METER, [1], { ...announced, computeUs })
    const hub = bench.certified(HUB, [1], { ...announced, computeUs: { ephemeralData: 0, confirmKey: seconds(1) } })
    meter.machine.start(at(HUB), 1)
    bench.run(seconds(1))
    expect([meter.machine.state, hub.machine.state]).toEqual([
      'generates-ephemeral-request',
      'awaits-ephemeral-request',
    ])
    bench.run()
    const sentMs = bench.flights.map(({ atUs }) => atUs / 1_000)
    expect(sentMs).toEqual([0, 10, 2_020, 2_030, 7_040, 8_050])
    expect(hub.established[0]!.atUs).toBe(milliseconds(8_050))
    expect(meter.established[0]!.atUs).toBe(milliseconds(8_060))
  })

  it('a peer that needs its announced time and the transport allowance is still waited for, one later is not', () => {
    const end = (ephemeralData: number) => {
      const bench = new Bench()
      const meter = bench.certified(METER, [1])
      bench.certified(HUB, [1], { ...announced, computeUs: { ephemeralData, confirmKey: 0 } })
      meter.machine.start(at(HUB), 1)
      bench.run()
      return { established: meter.established.length, failed: meter.failed.map(({ reason }) => reason) }
    }
    // The link takes 10 ms each way.
    expect(end(seconds(5) - milliseconds(21))).toEqual({ established: 1, failed: [] })
    expect(end(seconds(5) - milliseconds(20))).toEqual({ established: 0, failed: ['timeout'] })
  })

  it('the peer that announces more is given more', () => {
    const bench = new Bench()
    const meter = bench.certified(METER, [1])
    const generateTimesS = { ephemeralData: 11, confirmKey: 16 }
    const computeUs = { ephemeralData: seconds(12), confirmKey: seconds(17) }
    bench.certified(HUB, [1], { generateTimesS, computeUs })
    meter.machine.start(at(HUB), 1)
    bench.run()
    expect(meter.established).toHaveLength(1)
  })

  it.each([
    { options: { transportUs: seconds(1.9) }, found: 'transportUs 1900000 found, 2000000 or more expected' },
    { options: { waitTimeS: 255 }, found: 'waitTimeS 255 found, whole seconds 0..254 expected' },
    { options: { generateTimesS: { ephemeralData: -1, confirmKey: 6 } }, found: 'ephemeralData -1 found' },
    { options: { generateTimesS: { ephemeralData: 3, confirmKey: 0.5 } }, found: 'confirmKey 0.5 found' },
  ])('a time out of its range is refused: $found', ({ options, found }) => {
    expect(() => new Bench().certified(METER, [1], options)).toThrow(found)
  })
})

describe('one exchange at a time', () => {
  it('a second partner is sent away for a while and succeeds later; the first is not disturbed', () => {
    const bench = new Bench()
    const computeUs = { ephemeralData: seconds(1), confirmKey: seconds(1) }
    const meter = bench.certified(METER, [1], { computeUs })
    const display = bench.certified(DISPLAY, [1], { computeUs })
    const hub = bench.certified(HUB, [1, 2], { waitTimeS: 20 })
    meter.machine.start(at(HUB), 1)
    bench.run(seconds(0.5))
    display.machine.start(at(HUB), 1)
    bench.run()
    expect(terminates(bench)).toEqual([{ from: HUB, statusCode: 4, waitTime: 20, keyEstablishmentSuite: 3 }])
    expect(display.failed).toMatchObject([{ reason: 'NO_RESOURCES', by: 'peer', waitS: 20, suites: 3, peer: HUB }])
    expect(hub.machine.counts).toMatchObject({ busy: 1, 'out-of-order': 0, stranger: 0 })
    expect(meter.established).toHaveLength(1)

    display.machine.start(at(HUB), 1)
    bench.run()
    expect(display.established).toHaveLength(1)
    expect(hub.established.map(({ peer }) => peer)).toEqual([METER, DISPLAY])
  })

  it('a node that is initiating sends away whoever wants to begin with it', () => {
    const bench = new Bench()
    const [meter, hub] = [bench.certified(METER, [1]), bench.certified(HUB, [1])]
    meter.machine.start(at(HUB), 1)
    hub.machine.start(at(METER), 1)
    bench.run()
    for (const { failed, established } of [meter, hub]) {
      expect(failed).toMatchObject([{ role: 'initiator', reason: 'NO_RESOURCES', by: 'peer', waitS: 30 }])
      expect(established).toEqual([])
    }
  })

  it('a second start is refused at once, and the first goes on', () => {
    const bench = new Bench()
    const meter = bench.certified(METER, [1])
    bench.certified(HUB, [1])
    meter.machine.start(at(HUB), 1)
    meter.machine.start(at(DISPLAY), 1)
    expect(meter.failed).toMatchObject([{ reason: 'busy', by: 'us', peer: DISPLAY, atUs: 0 }])
    bench.run()
    expect(meter.established).toMatchObject([{ peer: HUB }])
  })

  it('a partner that begins anew is followed, and the old exchange leaves nothing behind', () => {
    const bench = new Bench()
    const meter = bench.certified(METER, [1])
    const hub = bench.certified(HUB, [1])
    bench.fate = (_, index) => (index === 1 ? 0 : 1)
    meter.machine.start(at(HUB), 1)
    bench.run(seconds(2))
    expect([meter.machine.state, hub.machine.state]).toEqual(['idle', 'awaits-ephemeral-request'])
    meter.machine.start(at(HUB), 1)
    bench.run()
    expect(meter.established).toHaveLength(1)
    expect(hub.established).toHaveLength(1)
    expect(hub.failed).toEqual([])
    expect(hub.machine.counts.restarted).toBe(1)
    expect(bench.kernel.nextAtUs).toBeUndefined()
  })

  it('a node without power forgets its exchange and can begin another', () => {
    const bench = new Bench()
    const [meter, hub] = [bench.certified(METER, [1]), bench.certified(HUB, [1])]
    meter.machine.start(at(HUB), 1)
    bench.run(milliseconds(15))
    meter.machine.abandon()
    expect(meter.machine.state).toBe('idle')
    bench.run()
    expect(meter.failed).toEqual([])
    expect(hub.failed).toMatchObject([{ reason: 'BAD_MESSAGE', by: 'peer' }])
    meter.machine.start(at(HUB), 1)
    bench.run()
    expect(meter.established).toHaveLength(1)
  })

  it('a device that may not begin here is sent away', () => {
    const bench = new Bench()
    const display = bench.certified(DISPLAY, [1])
    const meter = bench.certified(METER, [1], { admits: device => device === HUB })
    display.machine.start(at(METER), 1)
    bench.run()
    expect(display.failed).toMatchObject([{ reason: 'NO_RESOURCES', by: 'peer' }])
    expect(meter.machine.counts.unwelcome).toBe(1)
  })
})

describe('suites', () => {
  it('the highest that both sides have is the one to use', () => {
    expect(commonSuite(3, 3)).toBe(2)
    expect(commonSuite(1, 3)).toBe(1)
    expect(commonSuite(2, 3)).toBe(2)
    expect(commonSuite(1, 2)).toBeUndefined()
    expect(commonSuite(3, 0)).toBeUndefined()
    expect(suitesOf(0xffff)).toEqual([1, 2])
    expect([1, 2].map(suite => suiteBit(suite as 1 | 2))).toEqual([1, 2])
  })

  it('two nodes that have both agree in either, though the authorities of both are called the same', () => {
    const bench = new Bench()
    const [meter, hub] = [bench.certified(METER, [1, 2]), bench.certified(HUB, [1, 2])]
    for (const suite of [1, 2] as const) {
      meter.machine.start(at(HUB), suite)
      bench.run()
    }
    expect(hub.established.map(({ suite }) => suite)).toEqual([1, 2])
  })

  it('a start in a suite without a certificate is a mistake of the caller', () => {
    const meter = new Bench().certified(METER, [1])
    expect(() => meter.machine.start(at(HUB), 2)).toThrow('suite 2, for which there is no certificate here')
    expect(meter.machine.state).toBe('idle')
  })
})
