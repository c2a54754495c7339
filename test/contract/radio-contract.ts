/** What every Radio does, whatever is behind it: `radioContract('simulated', () => bench)`. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { InvariantError } from '../../src/base/errors.ts'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { Radio, RadioSettings, ReceiveInfo, TransmitOptions, TransmitOutcome } from '../../src/ports/radio.ts'

/** Radios that have just been switched on, all in range of each other, with nothing else on the air. */
export interface RadioContractBench {
  radio(extendedAddress: Eui64): Radio
  /** Lets simulated time pass. */
  run(forUs: Micros): void | Promise<void>
  /** Called at the end of the test. */
  close?(): void | Promise<void>
}

/** What a radio is excused from, because of what lies between it and its chip. */
export interface RadioLimits {
  /** How long a setting takes to be in force. At once when absent. */
  settlesInUs?: Micros
  /** Why it cannot take the frames that name no destination. */
  noPanCoordinator?: string
}

const PAN = 0x1a62
const ids = ['00db1234567800a1', '00db1234567800b1', '00db1234567800c1'] as const

/** A radio and all it heard. */
class Listener {
  readonly radio: Radio
  readonly heard: { psdu: string; info: ReceiveInfo }[] = []

  constructor(radio: Radio, settings: Partial<RadioSettings>) {
    this.radio = radio
    radio.configure({ channel: 15, panId: PAN, ...settings })
    radio.listen({ onReceive: (psdu, info) => void this.heard.push({ psdu: toHex(psdu), info: { ...info } }) })
  }
  get frames(): string[] {
    return this.heard.map(({ psdu }) => psdu)
  }
}

class Air {
  readonly bench: RadioContractBench
  readonly a: Listener
  readonly b: Listener
  readonly c: Listener

  private readonly settlesInUs: Micros

  constructor(bench: RadioContractBench, { settlesInUs = 0 }: RadioLimits) {
    onTestFinished(() => bench.close?.())
    this.bench = bench
    this.settlesInUs = settlesInUs
    const [a, b, c] = ids.map((id, n) => new Listener(bench.radio(id), { shortAddress: n + 1 }))
    if (!a || !b || !c) throw new Error('three radios expected')
    this.a = a
    this.b = b
    this.c = c
  }
  run(forUs: Micros = seconds(1)): void | Promise<void> {
    return this.bench.run(forUs)
  }
  async send(from: Listener, psdu: string, options?: TransmitOptions): Promise<TransmitOutcome | undefined> {
    if (this.settlesInUs > 0) await this.run(this.settlesInUs)
    let found: TransmitOutcome | undefined
    from.radio.transmit(fromHex(psdu), options, outcome => {
      found = outcome
    })
    await this.run()
    return found
  }
}

// Frames as octets, so that no codec of ours stands between the radio and the test.
const le = (value: number) => toHex(Uint8Array.of(value & 0xff, value >> 8))
const reversed = (id: Eui64) => toHex(fromHex(id).reverse())
const unicast = (to: number, { from = 1, sequence = '01', pan = PAN } = {}) =>
  `6188${sequence}${le(pan)}${le(to)}${le(from)}0102`
const noAckUnicast = (to: number) => `418801${le(PAN)}${le(to)}${le(1)}0102`
const broadcast = `418801${le(PAN)}ffff${le(1)}0102`
const toExtended = (id: Eui64) => `618c01${le(PAN)}${reversed(id)}${le(1)}0102`
const pollByShort = (from: number) => `638801${le(PAN)}${le(1)}${le(from)}04`
const pollByExtended = (id: Eui64) => `63c801${le(PAN)}${le(1)}${reversed(id)}04`
const associationRequest = `638801${le(PAN)}${le(1)}${le(2)}018e`
const toCoordinator = (pan: number) => `218001${le(pan)}${le(1)}0102`
const beacon = `008001${le(PAN)}0000ffcf0000`

const acked = (framePending = false): TransmitOutcome => ({ is: 'acked', framePending })

export function radioContract(
  name: string,
  make: () => RadioContractBench | Promise<RadioContractBench>,
  limits: RadioLimits = {},
): void {
  const on = async () => new Air(await make(), limits)

  describe(`${name} radio`, () => {
    test('a unicast is acknowledged and reaches its receiver once, and nobody else', async () => {
      const air = await on()
      expect(await air.send(air.a, unicast(2))).toEqual(acked())
      expect([air.a.frames, air.b.frames, air.c.frames]).toEqual([[], [unicast(2)], []])
    })

    test('a unicast finds its receiver by extended address', async () => {
      const air = await on()
      expect(await air.send(air.a, toExtended(ids[2]))).toEqual(acked())
      expect([air.b.frames, air.c.frames]).toEqual([[], [toExtended(ids[2])]])
    })

    test('a unicast that asks for no acknowledgement is sent, once', async () => {
      const air = await on()
      expect(await air.send(air.a, noAckUnicast(2))).toEqual({ is: 'sent' })
      expect(air.b.frames).toEqual([noAckUnicast(2)])
    })

    test('a broadcast reaches everybody on the PAN and is acknowledged by nobody', async () => {
      const air = await on()
      air.c.radio.configure({ panId: 0x1a63 })
      expect(await air.send(air.a, broadcast)).toEqual({ is: 'sent' })
      expect([air.b.frames, air.c.frames]).toEqual([[broadcast], []])
    })

    test('nobody acknowledges for an absent node', async () => {
      const air = await on()
      expect(await air.send(air.a, unicast(9))).toEqual({ is: 'no-ack' })
    })

    test('another PAN and another channel are other worlds', async () => {
      const air = await on()
      expect(await air.send(air.a, unicast(2, { pan: 0x1a63 }))).toEqual({ is: 'no-ack' })
      air.b.radio.configure({ channel: 16 })
      expect(await air.send(air.a, unicast(2))).toEqual({ is: 'no-ack' })
      expect(air.b.frames).toEqual([])
    })

    test('a frame may be sent on another channel than the set one', async () => {
      const air = await on()
      air.b.radio.configure({ channel: 26 })
      expect(await air.send(air.a, unicast(2), { channel: 26 })).toEqual(acked())
      expect(air.b.heard.map(({ info }) => info.channel)).toEqual([26])
      expect(air.a.radio.settings.channel).toBe(15)
      expect(await air.send(air.c, unicast(1, { from: 3 }))).toEqual(acked())
    })

    test('a radio that is not listening hears nothing, but still the acknowledgements of its own frames', async () => {
      const air = await on()
      air.b.radio.configure({ rxOnWhenIdle: false })
      expect(await air.send(air.a, unicast(2))).toEqual({ is: 'no-ack' })
      expect(await air.send(air.b, unicast(1, { from: 2 }))).toEqual(acked())
      expect(air.b.frames).toEqual([])
      air.b.radio.configure({ rxOnWhenIdle: true })
      expect(await air.send(air.a, unicast(2))).toEqual(acked())
      expect(air.b.frames).toEqual([unicast(2)])
    })

    test('a poll from a listed child, by either address, is acknowledged with frame pending', async () => {
      const air = await on()
      air.a.radio.setFramePending(2, true)
      air.a.radio.setFramePending(ids[2], true)
      expect(await air.send(air.b, pollByShort(2))).toEqual(acked(true))
      expect(await air.send(air.c, pollByExtended(ids[2]))).toEqual(acked(true))
      expect(await air.send(air.c, pollByShort(3))).toEqual(acked(false))
      air.a.radio.setFramePending(2, false)
      expect(await air.send(air.b, pollByShort(2))).toEqual(acked(false))
      expect(air.a.frames).toHaveLength(4)
    })

    test('only polls are answered with frame pending', async () => {
      const air = await on()
      air.a.radio.setFramePending(2, true)
      expect(await air.send(air.b, unicast(1, { from: 2 }))).toEqual(acked(false))
    })

    test('without source match every poll is answered with frame pending', async () => {
      const air = await on()
      air.a.radio.configure({ sourceMatch: false })
      expect(await air.send(air.b, pollByShort(2))).toEqual(acked(true))
      expect(await air.send(air.b, unicast(1, { from: 2 }))).toEqual(acked(false))
      expect(await air.send(air.b, associationRequest)).toEqual(acked(false))
    })

    const { noPanCoordinator } = limits
    const whose = noPanCoordinator === undefined ? 'the coordinator of the PAN alone' : `nobody: ${noPanCoordinator}`
    test(`a frame without destination is for ${whose}`, async () => {
      const air = await on()
      air.b.radio.configure({ panCoordinator: true })
      const taken = noPanCoordinator === undefined
      expect(await air.send(air.a, toCoordinator(PAN))).toEqual(taken ? acked() : { is: 'no-ack' })
      expect(await air.send(air.a, toCoordinator(0x1a63))).toEqual({ is: 'no-ack' })
      expect([air.b.frames, air.c.frames]).toEqual([taken ? [toCoordinator(PAN)] : [], []])
    })

    test('a broadcast that asks for acknowledgement gets none', async () => {
      const air = await on()
      const asking = unicast(0xffff)
      // One receiver: two acknowledgements would destroy each other.
      air.c.radio.configure({ channel: 16 })
      expect(await air.send(air.a, asking, { attempts: 1 })).toEqual({ is: 'no-ack' })
      expect(air.b.frames).toEqual([asking])
    })

    test('a frame to every PAN is heard on every PAN, by its address', async () => {
      const air = await on()
      expect(await air.send(air.a, unicast(2, { pan: 0xffff }))).toEqual(acked())
      air.c.radio.configure({ panId: 0x1a63 })
      const beaconRequest = '030801ffffffff07'
      expect(await air.send(air.a, beaconRequest)).toEqual({ is: 'sent' })
      expect([air.b.frames, air.c.frames]).toEqual([[unicast(2, { pan: 0xffff }), beaconRequest], [beaconRequest]])
    })

    test('frames that end within their addresses or that the standard does not know are for nobody', async () => {
      const air = await on()
      const whole = unicast(2)
      for (const end of [3, 4, 5, 6, 7, 8]) {
        expect(await air.send(air.a, whole.slice(0, 2 * end), { attempts: 1 })).toEqual({ is: 'no-ack' })
      }
      // Later version, reserved modes and types, a beacon with a destination.
      for (const control of ['61a8', '6184', '6148', '6488', '6788', '6088']) {
        expect(await air.send(air.a, control + whole.slice(4), { attempts: 1 })).toEqual({ is: 'no-ack' })
      }
      expect(air.b.frames).toEqual([])
    })

    test('a promiscuous radio hands up what is for others, and acknowledges only what is for itself', async () => {
      const air = await on()
      air.c.radio.configure({ promiscuous: true })
      expect(await air.send(air.a, unicast(2))).toEqual(acked())
      expect(await air.send(air.a, unicast(9), { attempts: 1 })).toEqual({ is: 'no-ack' })
      expect(air.c.frames).toEqual([unicast(2), '020001', unicast(9)])
    })

    test('beacons of its own PAN are heard, of any PAN while there is none', async () => {
      const air = await on()
      air.b.radio.configure({ panId: 0xffff })
      air.c.radio.configure({ panId: 0x1a63 })
      expect(await air.send(air.a, beacon)).toEqual({ is: 'sent' })
      expect([air.b.frames, air.c.frames]).toEqual([[beacon], []])
    })

    test('frames are sent in order, and each tells its outcome', async () => {
      const air = await on()
      const outcomes: string[] = []
      for (const [n, to] of [2, 9, 3].entries()) {
        air.a.radio.transmit(fromHex(unicast(to)), { attempts: 1 }, ({ is }) => void outcomes.push(`${n} ${is}`))
      }
      expect(outcomes).toEqual([])
      await air.run()
      expect(outcomes).toEqual(['0 acked', '1 no-ack', '2 acked'])
    })

    test('a frame sent from an outcome, or on hearing one, goes out', async () => {
      const air = await on()
      const answer = unicast(1, { from: 2, sequence: '77' })
      air.b.radio.listen({ onReceive: () => air.b.radio.transmit(fromHex(answer)) })
      let second: TransmitOutcome | undefined
      air.a.radio.transmit(fromHex(unicast(2)), {}, () => {
        air.a.radio.transmit(fromHex(unicast(3)), {}, outcome => {
          second = outcome
        })
      })
      await air.run()
      expect(second).toEqual(acked())
      expect(air.a.frames).toEqual([answer])
      expect(air.c.frames).toEqual([unicast(3)])
    })

    test('octets are copied: the sender may reuse its own, a receiver may spoil its own', async () => {
      const air = await on()
      air.b.radio.listen({ onReceive: psdu => void psdu.fill(0) })
      const psdu = fromHex(broadcast)
      air.a.radio.transmit(psdu)
      psdu.fill(0xee)
      await air.run()
      expect(air.c.frames).toEqual([broadcast])
    })

    test('more frames than a chip holds are refused, the rest goes out', async () => {
      const air = await on()
      const outcomes: string[] = []
      for (let n = 0; n < 100; n++) air.a.radio.transmit(fromHex(broadcast), {}, ({ is }) => void outcomes.push(is))
      await air.run(seconds(3))
      expect(outcomes).toHaveLength(100)
      expect(new Set(outcomes)).toEqual(new Set(['sent', 'queue-full']))
      expect(air.b.frames).toHaveLength(outcomes.filter(is => is === 'sent').length)
    })

    test('the longest frame and the shortest pass; longer and shorter ones are refused', async () => {
      const air = await on()
      const longest = `${broadcast}${'ab'.repeat(125 - broadcast.length / 2)}`
      await air.send(air.a, longest)
      expect(air.b.frames).toEqual([longest])
      expect(await air.send(air.a, '020001')).toEqual({ is: 'sent' })
      expect(() => air.a.radio.transmit(fromHex(`${longest}ab`))).toThrow(InvariantError)
      expect(() => air.a.radio.transmit(fromHex('0200'))).toThrow(InvariantError)
    })

    test('settings and options out of range are refused and change nothing', async () => {
      const { a } = await on()
      const before = { ...a.radio.settings }
      for (const wrong of [
        { channel: 10 },
        { channel: 27 },
        { panId: 0x10000 },
        { shortAddress: -1 },
        { extendedAddress: 'x' },
      ]) {
        expect(() => a.radio.configure({ rxOnWhenIdle: false, ...wrong })).toThrow(InvariantError)
      }
      for (const wrong of [{ channel: 27 }, { attempts: 0 }, { attempts: 1.5 }]) {
        expect(() => a.radio.transmit(fromHex(broadcast), wrong)).toThrow(InvariantError)
      }
      expect(a.radio.settings).toEqual(before)
    })

    test('an energy scan finds a busy channel louder than a quiet one', async () => {
      const air = await on()
      const levels: number[] = []
      air.a.radio.energyScan(15, milliseconds(100), dBm => void levels.push(dBm))
      air.a.radio.energyScan(20, milliseconds(100), dBm => void levels.push(dBm))
      air.b.radio.transmit(fromHex(broadcast))
      expect(levels).toEqual([])
      await air.run()
      expect(levels).toHaveLength(2)
      expect(levels[0]).toBeGreaterThan((levels[1] ?? 0) + 10)
    })

    test('reset brings power-on settings and forgets what was queued and listed', async () => {
      const air = await on()
      air.a.radio.setFramePending(2, true)
      const outcomes: string[] = []
      air.a.radio.transmit(fromHex(broadcast), {}, ({ is }) => void outcomes.push(is))
      air.a.radio.transmit(fromHex(broadcast), {}, ({ is }) => void outcomes.push(is))
      air.a.radio.reset()
      await air.run()
      expect(outcomes).toEqual([])
      expect(air.b.frames).toEqual([])
      expect(air.a.radio.settings).toMatchObject({
        channel: 11,
        panId: 0xffff,
        shortAddress: 0xffff,
        extendedAddress: ids[0],
        rxOnWhenIdle: true,
        promiscuous: false,
      })
      air.a.radio.configure({ channel: 15, panId: PAN, shortAddress: 1 })
      expect(await air.send(air.b, pollByShort(2))).toEqual(acked(false))
    })
  })
}
