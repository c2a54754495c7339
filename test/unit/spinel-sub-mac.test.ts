/** How an emulated RCP repeats what did not get through. */
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../src/base/errors.ts'
import { seconds } from '../../src/base/time.ts'
import { SubMac } from '../../src/dongle/spinel/sub-mac.ts'
import type { Radio, TransmitOutcome } from '../../src/ports/radio.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { data, RadioBench } from './radio-bench.ts'

/** A radio whose attempts end as a script says; after it, acknowledged. */
class Scripted extends RadioBench {
  readonly attempts: { atUs: number; octet: number | undefined; attempts: number | undefined }[] = []
  readonly outcomes: string[] = []
  readonly subMac: SubMac

  constructor(script: readonly TransmitOutcome['is'][]) {
    super()
    const left = [...script]
    const radio: Pick<Radio, 'transmit'> = {
      transmit: (psdu, options = {}, onDone = () => {}) => {
        this.attempts.push({ atUs: this.kernel.nowUs(), octet: psdu.at(-1), attempts: options.attempts })
        const is = left.shift() ?? 'acked'
        const outcome: TransmitOutcome = is === 'acked' ? { is, framePending: false } : { is }
        this.kernel.after(1_000, 'attempt over', () => onDone(outcome))
      },
    }
    this.subMac = new SubMac({ radio: radio as Radio, timers: this.kernel, random: this.kernel.random.stream('rcp') })
  }
  say(octet: number, attempts: number): void {
    this.subMac.send(Uint8Array.of(2, 0, 1, octet), { attempts }, ({ is }) => void this.outcomes.push(`${octet} ${is}`))
  }
}

describe('a frame that does not get through', () => {
  it('is tried again, one attempt at a time, and the frame behind it waits', () => {
    const bench = new Scripted(['no-ack', 'channel-busy', 'no-ack'])
    bench.say(7, 5)
    bench.say(8, 5)
    bench.run(seconds(1))
    expect(bench.attempts.map(({ octet, attempts }) => [octet, attempts])).toEqual(
      [7, 7, 7, 7, 8].map(octet => [octet, 1]),
    )
    expect(bench.outcomes).toEqual(['7 acked', '8 acked'])
  })

  it.each(['no-ack', 'channel-busy'] as const)('is given up after so many attempts, as the last ended: %s', last => {
    const bench = new Scripted(['channel-busy', 'no-ack', last])
    bench.say(7, 3)
    bench.run(seconds(1))
    expect([bench.attempts.length, bench.outcomes]).toEqual([3, [`7 ${last}`]])
  })

  it('waits longer from one missed acknowledgement to the next, at most 31 backoff periods, and not for a clear channel', () => {
    const bench = new Scripted(Array.from({ length: 15 }, (_, n) => (n === 7 ? 'channel-busy' : 'no-ack')))
    bench.say(7, 16)
    bench.run(seconds(1))
    const waits = bench.attempts.slice(1).map(({ atUs }, n) => atUs - (bench.attempts[n]?.atUs ?? 0) - 1_000)
    for (const [n, waitUs] of waits.entries()) expect(waitUs).toBeLessThan(2 ** Math.min(n, 5) * 320)
    expect([waits[0], waits[7], Math.max(...waits) > 8 * 320]).toEqual([0, 0, true])
  })

  it('is forgotten, with those behind it, when the chip is reset', () => {
    const bench = new Scripted(['no-ack', 'no-ack', 'no-ack'])
    bench.say(7, 5)
    bench.say(8, 5)
    bench.run(1_500)
    bench.subMac.reset()
    bench.say(9, 5)
    bench.run(seconds(1))
    expect(bench.outcomes).toEqual(['9 acked'])
  })
})

it('sixteen frames wait, more are refused; what no radio sends is refused at once', () => {
  const bench = new Scripted([])
  for (let n = 0; n < 18; n++) bench.say(n, 1)
  expect(() => bench.subMac.send(Uint8Array.of(2, 0), { attempts: 1 }, () => {})).toThrow(InvariantError)
  bench.run(seconds(1))
  expect(bench.outcomes[0]).toBe('17 queue-full')
  expect(bench.outcomes.slice(1)).toEqual(Array.from({ length: 17 }, (_, n) => `${n} acked`))
})

describe('two that do not hear each other, and begin at the same moment', () => {
  /** What each comes to, and how often the node between them hears something. */
  function spoken(repeats: 'the chip' | 'the sub-MAC') {
    const bench = new RadioBench()
    const [left, middle, right] = [bench.node('left', 1), bench.node('middle', 2), bench.node('right', 3)]
    bench.air.links.setBoth('left', 'right', OUT_OF_RANGE)
    const outcomes: string[] = []
    for (const { radio, short } of [left, right]) {
      const subMac = new SubMac({ radio, timers: bench.kernel, random: bench.kernel.random.stream(radio.name) })
      const onDone = ({ is }: TransmitOutcome) => void outcomes.push(is)
      // Without channel access nothing but the sub-MAC's own wait parts them.
      const how = { csma: false, attempts: 8 }
      if (repeats === 'the chip') radio.transmit(data(short, 2), how, onDone)
      else subMac.send(data(short, 2), how, onDone)
    }
    bench.run(seconds(1))
    return [...outcomes, middle.heard.length]
  }

  it('both get through', () => expect(spoken('the sub-MAC')).toEqual(['acked', 'acked', 2]))
  it('would not, if each repeated at once', () => expect(spoken('the chip')).toEqual(['no-ack', 'no-ack', 0]))
})
