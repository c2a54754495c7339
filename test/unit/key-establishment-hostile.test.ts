import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { decodeFrame } from '../../src/zcl/frame.ts'
import { decode } from '../../src/zcl/key-establishment/octets.ts'
import { Bench, DISPLAY, HUB, METER, terminates } from './key-establishment-bench.ts'

const at = (device: string) => ({ device, endpoint: 10 })
const [TO_SERVER, TO_CLIENT] = [0x11, 0x19]
const frame = (control: number, sequence: number, command: number, ...payload: number[]) =>
  Uint8Array.of(control, sequence, command, ...payload)

describe('a third party', () => {
  it('cannot end, confirm or disturb an exchange of two others, wherever it stands', () => {
    const intrusions = [TO_SERVER, TO_CLIENT].flatMap(control =>
      [0, 1, 2, 3, 9].map(command => (sequence: number) => frame(control, sequence, command, 1, 0, 3, 6)),
    )
    for (const intrusion of intrusions) {
      const bench = new Bench()
      const [meter, hub] = [bench.certified(METER, [1]), bench.certified(HUB, [1])]
      let sequence = 0
      bench.fate = ({ from, to }) => {
        if (from === DISPLAY || to === DISPLAY) return 1
        bench.inject(DISPLAY, to, intrusion(++sequence & 0xff))
        bench.inject(DISPLAY, from, intrusion(++sequence & 0xff))
        return 1
      }
      meter.machine.start(at(HUB), 1)
      bench.run()
      expect([meter.established.length, hub.established.length]).toEqual([1, 1])
      expect([...meter.failed, ...hub.failed].filter(({ peer }) => peer !== DISPLAY)).toEqual([])
    }
  })

  it('is never answered to a Terminate, so that two nodes cannot argue for ever', () => {
    const bench = new Bench()
    bench.certified(HUB, [1])
    for (const control of [TO_SERVER, TO_CLIENT]) bench.inject(DISPLAY, HUB, frame(control, 1, 3, 3, 30, 1, 0))
    bench.run()
    expect(bench.flights).toEqual([])
  })
})

describe('a partner', () => {
  it.each([
    { command: 2, name: 'confirms before it has sent its point' },
    { command: 0x0a, name: 'sends a command that does not exist' },
  ])('that $name is told BAD_MESSAGE', ({ command }) => {
    const bench = new Bench()
    const [meter, hub] = [bench.certified(METER, [1]), bench.certified(HUB, [1])]
    meter.machine.start(at(HUB), 1)
    bench.run(seconds(0.015))
    expect(hub.machine.state).toBe('awaits-ephemeral-request')
    bench.inject(METER, HUB, frame(TO_SERVER, 77, command, ...new Array(16).fill(0)))
    expect(hub.failed).toMatchObject([{ reason: 'BAD_MESSAGE', by: 'us', peer: METER }])
    expect(terminates(bench)).toMatchObject([{ from: HUB, statusCode: 3 }])
    expect(bench.flights.at(-1)!.command.sequence).toBe(77)
  })

  it('that sends while we are at work has ended the exchange; the result of the work is dropped', () => {
    const bench = new Bench()
    const meter = bench.certified(METER, [1])
    const hub = bench.certified(HUB, [1], { computeUs: { ephemeralData: seconds(1), confirmKey: 0 } })
    meter.machine.start(at(HUB), 1)
    bench.run(seconds(0.5))
    expect(hub.machine.state).toBe('generates-ephemeral-response')
    bench.inject(METER, HUB, frame(TO_SERVER, 77, 2, ...new Array(16).fill(0)))
    bench.run()
    expect(bench.sent().filter(name => name.includes('EphemeralDataResponse'))).toEqual([])
    expect(hub.failed).toMatchObject([{ reason: 'BAD_MESSAGE' }])
    expect(meter.failed).toMatchObject([{ reason: 'BAD_MESSAGE', by: 'peer' }])
  })

  it('cannot have the same ephemeral key twice: each exchange throws a new one', () => {
    const bench = new Bench()
    const [meter, hub] = [bench.certified(METER, [1]), bench.certified(HUB, [1])]
    for (let i = 0; i < 5; i++) {
      meter.machine.start(at(HUB), 1)
      bench.run()
    }
    const points = bench.octets().filter(octets => octets.startsWith('01', 4))
    expect(points).toHaveLength(10)
    expect(new Set(points.map(octets => octets.slice(6))).size).toBe(10)
    expect(new Set(hub.established.map(({ keyData }) => keyData.join())).size).toBe(5)
  })

  it.each([1, 2] as const)(
    'that sends a point outside the curve or its group gets nothing from us, suite %i',
    suite => {
      const curve = curveOf(suite)
      const random = new Bench().kernel.random.stream('points')
      let refused = 0
      for (let i = 0; i < 12; i++) {
        const point = random.bytes(curve.pointOctets)
        point[0] = 2 + (i & 1)
        point[1] = 0
        const bench = new Bench(String(i))
        const [meter, hub] = [bench.certified(METER, [suite]), bench.certified(HUB, [suite])]
        bench.fate = (flight, index) => {
          if (index === 2) flight.asdu = Uint8Array.from([...flight.asdu.slice(0, 3), ...point])
          return 1
        }
        meter.machine.start(at(HUB), suite)
        bench.run()
        expect([...meter.established, ...hub.established]).toEqual([])
        const [failure] = hub.failed
        expect(['BAD_MESSAGE', 'BAD_KEY_CONFIRM']).toContain(failure!.reason)
        if (failure!.reason === 'BAD_MESSAGE') {
          expect(failure!.detail).toMatch(/^crypto\.point/)
          expect(bench.sent().at(-1)).toBe('a1 TerminateKeyEstablishment')
          refused++
        }
      }
      // Half of all x have no point, and of the rest all but one in `cofactor` are outside the group.
      expect(refused).toBeGreaterThan(6)
    },
  )
})

describe('frames that are not for key establishment', () => {
  it.each([
    { what: 'a read of attributes', octets: Uint8Array.of(0x00, 1, 0x00, 0, 0) },
    { what: 'an unknown global command', octets: Uint8Array.of(0x00, 1, 0x77) },
    { what: 'a global command that ends too early', octets: Uint8Array.of(0x18, 1, 0x0b, 0) },
    { what: "a manufacturer's command", octets: Uint8Array.of(0x1d, 0x34, 0x12, 1, 0x02, 9) },
  ])('$what of the partner is left alone', ({ octets }) => {
    const bench = new Bench()
    const meter = bench.certified(METER, [1])
    meter.machine.start(at(HUB), 1)
    bench.inject(HUB, METER, octets)
    expect(meter.machine.state).toBe('awaits-initiate-response')
    expect(bench.flights).toHaveLength(1)
    expect(meter.trace).toEqual([])
  })

  it('a frame of another cluster is a mistake of the caller', () => {
    const { machine } = new Bench().certified(METER, [1])
    expect(() => machine.receive(at(HUB), decodeFrame(0x0003, Uint8Array.of(0x11, 1, 0x00, 5, 0)))).toThrow(
      'key establishment was handed Identify.Identify',
    )
  })

  it.each([[], [0x11], [0x11, 0x01]])('a header that ends too early is an error with its place: %j', (...octets) => {
    expect(() => decode(Uint8Array.from(octets))).toThrow(/^wire.truncated at octet/)
  })
})

describe('noise', () => {
  const RUNS = 20
  it(`random frames and mutated ones never throw, and after them two nodes still agree (${RUNS} runs)`, () => {
    for (let seed = 0; seed < RUNS; seed++) {
      const bench = new Bench(`noise ${seed}`)
      const dice = bench.kernel.random.stream('noise')
      const [meter, hub] = [bench.certified(METER, [1, 2]), bench.certified(HUB, [1, 2])]
      const noise = () => {
        const [from, to] = [METER, HUB, DISPLAY].sort(() => dice.next() - 0.5) as [string, string]
        const known = bench.flights.length > 0 && dice.next() < 0.5
        const octets = known
          ? Uint8Array.from(bench.flights[dice.int(bench.flights.length)]!.asdu)
          : frame(
              [TO_SERVER, TO_CLIENT, 0x00, 0x18][dice.int(4)]!,
              dice.int(4),
              dice.int(5),
              ...dice.bytes(dice.int(80)),
            )
        if (known) octets[dice.int(octets.length)] = dice.int(256)
        try {
          decode(octets)
        } catch {
          return
        }
        bench.inject(from, to, octets)
      }
      bench.fate = () => dice.int(3)
      for (let round = 0; round < 6; round++) {
        const [one, another] = dice.next() < 0.5 ? [meter, hub] : [hub, meter]
        one.machine.start(at(another.eui64), dice.next() < 0.7 ? 1 : 2)
        for (let i = 0; i < 8; i++) {
          noise()
          bench.run(dice.int(seconds(1)))
        }
      }
      bench.fate = () => 1
      bench.run(seconds(600))
      expect([meter.machine.state, hub.machine.state]).toEqual(['idle', 'idle'])
      const before = meter.established.length
      meter.machine.start(at(HUB), 1)
      bench.run()
      expect(meter.established).toHaveLength(before + 1)
      expect(hub.established.at(-1)!.keyData).toEqual(meter.established.at(-1)!.keyData)
    }
  })
})
