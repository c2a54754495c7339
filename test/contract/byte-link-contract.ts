/** What every ByteLink does, whatever is behind it: `byteLinkContract('memory', () => bench)`. */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { SeededRandom } from '../../src/kernel/random.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { RandomStream } from '../../src/ports/time.ts'

/** Two ends that find each other by themselves. */
export interface ByteLinkBench {
  ends: readonly [ByteLink, ByteLink]
  /** Breaks the line without a word, in the middle of whatever it does. */
  cut(): void
  /** Makes another line possible. */
  mend(): void
  /** Something in between blocks for ever when both ends send without end. */
  oneWayAtATime?: boolean
  /** Lets a moment pass; a real one when absent. */
  step?(): void
  /** Called at the end of the test. */
  close?(): void | Promise<void>
}

/** An end and all it was told. */
class End {
  readonly link: ByteLink
  readonly told: string[] = []
  private readonly step: () => Promise<void>
  private pieces: Buffer[] = []
  /** Octets received. */
  count = 0

  constructor(link: ByteLink, step: () => Promise<void>) {
    this.link = link
    this.step = step
  }
  listen(): void {
    this.link.listen({
      onOctets: octets => {
        this.pieces.push(Buffer.from(octets))
        this.count += octets.length
      },
      onUp: () => void this.told.push('up'),
      onDown: reason => void this.told.push(reason === '' ? 'down without reason' : 'down'),
    })
  }
  get received(): Buffer {
    return Buffer.concat(this.pieces)
  }
  forget(): void {
    this.pieces = []
    this.count = 0
  }
  /** Writes all of it in pieces of random length, waiting where there is no room, until `stop` says so. */
  async send(octets: Buffer, dice: RandomStream, stop = () => false): Promise<void> {
    for (let at = 0; at < octets.length && !stop(); ) {
      const piece = octets.subarray(at, at + 1 + dice.int(5_000))
      if (this.link.write(piece)) at += piece.length
      else await this.step()
    }
  }
}

class Line {
  readonly a: End
  readonly b: End
  readonly bench: ByteLinkBench
  readonly dice = new SeededRandom('byte link').stream('contract')

  constructor(bench: ByteLinkBench) {
    this.bench = bench
    const step = () => this.step()
    this.a = new End(bench.ends[0], step)
    this.b = new End(bench.ends[1], step)
    onTestFinished(async () => {
      for (const end of bench.ends) end.close()
      await bench.close?.()
    })
  }
  async step(): Promise<void> {
    if (this.bench.step) this.bench.step()
    else await pause(1)
  }
  /** Waits for as long as the test may take. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.step()
  }
  async up(): Promise<this> {
    this.a.listen()
    this.b.listen()
    await this.until(() => this.a.told.at(-1) === 'up' && this.b.told.at(-1) === 'up')
    return this
  }
  async down(): Promise<void> {
    await this.until(() => this.a.told.at(-1) !== 'up' && this.b.told.at(-1) !== 'up')
  }
  noise(length: number): Buffer {
    return Buffer.from(this.dice.bytes(length))
  }
}

/** Far more than the buffers of a machine hold. */
const MOST_TAKEN = 64 << 20

/** A mebibyte that differs would fill the screen. */
const digest = (octets: Uint8Array) => `${octets.length} octets, ${createHash('sha256').update(octets).digest('hex')}`

export function byteLinkContract(
  name: string,
  make: (context: TestContext) => ByteLinkBench | Promise<ByteLinkBench>,
): void {
  const line = async (context: TestContext) => new Line(await make(context))

  describe(`${name} link`, () => {
    test('both ends are told that the line is up, later than they listen', async context => {
      const on = await line(context)
      on.a.listen()
      on.b.listen()
      expect([on.a.told, on.b.told]).toEqual([[], []])
      await on.until(() => on.a.told.length > 0 && on.b.told.length > 0)
      expect([on.a.told, on.b.told]).toEqual([['up'], ['up']])
    })

    test('who listens to a line that is up already is told so, and replaces who listened before', async context => {
      const on = await (await line(context)).up()
      const { a, b } = on
      const second = new End(a.link, () => on.step())
      second.listen()
      expect(second.told).toEqual([])
      await on.until(() => second.told.length > 0)
      expect(second.told).toEqual(['up'])
      expect(b.link.write(Uint8Array.of(1, 2, 3))).toBe(true)
      await on.until(() => second.count === 3)
      expect(a.count).toBe(0)
    })

    test('a mebibyte each way arrives whole and in order, however it is cut', async context => {
      const on = await (await line(context)).up()
      const { a, b } = on
      const [fromA, fromB] = [on.noise(1 << 20), on.noise(1 << 20)]
      const there = a.send(fromA, on.dice)
      if (on.bench.oneWayAtATime) await on.until(() => b.count >= fromA.length)
      await Promise.all([there, b.send(fromB, on.dice)])
      await on.until(() => a.count >= fromB.length && b.count >= fromA.length)
      expect(digest(b.received)).toBe(digest(fromA))
      expect(digest(a.received)).toBe(digest(fromB))
      expect([a.told, b.told]).toEqual([['up'], ['up']])
    })

    test('every octet passes unchanged, control characters too', async context => {
      const on = await (await line(context)).up()
      const all = Buffer.from(Array.from({ length: 0x10000 }, (_, n) => (n & 1 ? n >> 8 : n & 0xff)))
      await on.a.send(all, on.dice)
      await on.until(() => on.b.count >= all.length)
      await on.b.send(all, on.dice)
      await on.until(() => on.a.count >= all.length)
      expect(digest(on.a.received)).toBe(digest(all))
      expect(digest(on.b.received)).toBe(digest(all))
    })

    test('what is written is copied', async context => {
      const on = await (await line(context)).up()
      const octets = Uint8Array.of(1, 2, 3)
      expect(on.a.link.write(octets)).toBe(true)
      octets.fill(9)
      await on.until(() => on.b.count === 3)
      expect([...on.b.received]).toEqual([1, 2, 3])
    })

    test('nothing is written, and that is no trouble', async context => {
      const on = await (await line(context)).up()
      expect(on.a.link.write(new Uint8Array(0))).toBe(true)
      expect(on.a.link.write(Uint8Array.of(7))).toBe(true)
      await on.until(() => on.b.count === 1)
      expect(on.b.told).toEqual(['up'])
    })

    test('a line nobody reads takes so much and no more, and loses none of it', async context => {
      const on = await line(context)
      const { a, b } = on
      a.listen()
      await on.until(() => a.told.length > 0 && b.link.up)
      const block = on.noise(1_000)
      let taken = 0
      while (taken < MOST_TAKEN && a.link.write(block)) taken += block.length
      expect(taken).toBeGreaterThan(0)
      expect(taken).toBeLessThan(MOST_TAKEN)
      b.listen()
      await on.until(() => b.count >= taken)
      const { received } = b
      for (let at = 0; at < taken; at += block.length) {
        if (!received.subarray(at, at + block.length).equals(block)) expect.fail(`block at octet ${at} differs`)
      }
      expect(received.length).toBe(taken)
    })

    test('a line that breaks tells both ends, takes nothing while it is down, and comes up again', async context => {
      const on = await (await line(context)).up()
      const { a, b, bench } = on
      bench.cut()
      await on.down()
      expect([a.told, b.told]).toEqual([
        ['up', 'down'],
        ['up', 'down'],
      ])
      expect([a.link.up, b.link.up]).toEqual([false, false])
      expect([a.link.write(Uint8Array.of(1)), b.link.write(Uint8Array.of(1))]).toEqual([false, false])
      bench.mend()
      await on.until(() => a.told.length === 3 && b.told.length === 3)
      expect([a.told.at(-1), b.told.at(-1), a.link.up, b.link.up]).toEqual(['up', 'up', true, true])
      expect(a.link.write(Uint8Array.of(2))).toBe(true)
      await on.until(() => b.count > 0)
      expect([...b.received]).toEqual([2])
    })

    test('a line that breaks in the middle of a transfer has carried the beginning of it, and nothing of it later', async context => {
      const on = await (await line(context)).up()
      const { a, b, bench } = on
      const block = on.noise(100_000)
      const sent: Buffer[] = []
      const endless = async () => {
        for (; !a.told.includes('down'); sent.push(block)) await a.send(block, on.dice, () => a.told.includes('down'))
      }
      const sending = endless()
      await on.until(() => b.count > 20_000)
      bench.cut()
      await on.down()
      await sending
      expect(digest(b.received)).toBe(digest(Buffer.concat(sent).subarray(0, b.count)))
      b.forget()
      bench.mend()
      await on.until(() => a.told.at(-1) === 'up' && b.told.at(-1) === 'up')
      expect(a.link.write(Uint8Array.of(1, 2, 3))).toBe(true)
      await on.until(() => b.count >= 3)
      expect([...b.received]).toEqual([1, 2, 3])
    })

    test.for(['a', 'b'])('a close of end %s is final, after what was written before it', async (which, context) => {
      const on = await (await line(context)).up()
      const [closing, staying] = which === 'a' ? [on.a, on.b] : [on.b, on.a]
      const last = on.noise(3_000)
      expect(closing.link.write(last)).toBe(true)
      closing.link.close()
      closing.link.close()
      expect([closing.link.up, closing.link.write(Uint8Array.of(1))]).toEqual([false, false])
      await on.until(() => staying.told.includes('down'))
      expect(digest(staying.received)).toBe(digest(last))
      closing.listen()
      on.bench.cut()
      on.bench.mend()
      for (let n = 0; n < 50; n++) await on.step()
      expect([closing.told, closing.count, closing.link.up]).toEqual([['up'], 0, false])
    })
  })
}
