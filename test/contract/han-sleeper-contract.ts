/** Contract of the HanNode port: sleepy end devices and what waits for them. */
import { describe, expect, it } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { type HanLimits, House, ids, type MakeHanBench, patience, type Witness } from './han-bench.ts'

export function hanSleeperContract(
  make: MakeHanBench,
  { pollsUnheard, oneAtATime, leavesLate, oneFailure }: HanLimits = {},
): void {
  async function withSleeper() {
    const house = await House.formed(make)
    const gsme = await house.joined('sleeper', ids.gsme)
    // Whatever joining left behind is collected.
    for (let i = 0; i < 5 && (await house.poll(gsme.node)); i++);
    return { house, gsme, hub: house.hub }
  }

  /** One poll brings all that waits; or, of one at a time, a few polls do. */
  async function collect(house: House, gsme: Witness, marks: number): Promise<boolean | undefined> {
    const received = await house.poll(gsme.node)
    for (let polls = 0; oneAtATime !== undefined && polls < 100 && gsme.marks.length < marks; polls++) {
      await house.run(milliseconds(200))
      await house.poll(gsme.node)
    }
    return received
  }
  const expired = oneFailure === undefined ? 'expired' : expect.stringMatching(/expired|no-ack/)
  const told = oneFailure === undefined ? '' : ` (${oneFailure})`
  const atOnce = oneAtATime === undefined ? 'at the next poll' : `at the next polls (${oneAtATime})`

  describe('a sleeper', () => {
    it('hears nothing until it polls', async () => {
      const { house, gsme } = await withSleeper()
      const outcomes = house.send(house.coordinator, ids.gsme, 1)
      await house.run(seconds(7))
      expect([gsme.data, outcomes]).toEqual([[], []])
    })

    it(`collects its waiting frames ${atOnce}, in order`, async () => {
      const { house, gsme } = await withSleeper()
      const outcomes = [1, 2, 3].map(mark => house.send(house.coordinator, ids.gsme, mark))
      await house.run(seconds(2))
      expect(await collect(house, gsme, 3)).toBe(true)
      expect(gsme.marks).toEqual([1, 2, 3])
      await house.run(patience)
      expect(outcomes).toEqual([['delivered'], ['delivered'], ['delivered']])
      expect(gsme.marks).toEqual([1, 2, 3])
    })

    it('collects them in order even when it polls impatiently', async () => {
      const { house, gsme } = await withSleeper()
      for (const mark of [1, 2, 3, 4, 5]) house.send(house.coordinator, ids.gsme, mark)
      const answers: boolean[] = []
      for (let i = 0; i < 4; i++) gsme.node.poll(received => answers.push(received))
      await house.run(seconds(5))
      if (oneAtATime !== undefined) await collect(house, gsme, 5)
      expect(gsme.marks).toEqual([1, 2, 3, 4, 5])
      expect(answers).toHaveLength(4)
      expect(answers).toContain(true)
    })

    it('collects what another node sent', async () => {
      const { house, gsme } = await withSleeper()
      const esme = await house.joined('router', ids.esme)
      const outcomes = house.send(esme.node, ids.gsme, 8)
      await house.run(seconds(1))
      expect(await house.poll(gsme.node)).toBe(true)
      await house.run(patience)
      expect(gsme.data.map(({ from }) => from)).toEqual([ids.esme])
      expect(outcomes).toEqual(['delivered'])
    })

    it('is told when nothing waits', async () => {
      const { house, gsme } = await withSleeper()
      expect(await house.poll(gsme.node)).toBe(false)
      expect(await house.poll(gsme.node)).toBe(false)
    })

    it('polls for nothing when it has not joined', async () => {
      const house = await House.formed(make)
      expect(await house.poll(house.sleeper(ids.gsme).node)).toBe(false)
      expect(house.hub.heard).toEqual([])
    })

    it('polls for nothing when its parent is dead, and collects once it is back', async () => {
      const { house, gsme } = await withSleeper()
      house.send(house.coordinator, ids.gsme, 6)
      house.bench.silence(ids.hub)
      expect(await house.poll(gsme.node)).toBe(false)
      house.bench.hear(ids.hub)
      expect(await house.poll(gsme.node)).toBe(true)
      expect(gsme.marks).toEqual([6])
    })

    it('may poll without asking for the answer', async () => {
      const { house, gsme } = await withSleeper()
      house.send(house.coordinator, ids.gsme, 4)
      gsme.node.poll()
      await house.until(() => gsme.data.length > 0)
    })

    it('sends, and is acknowledged while it polls', async () => {
      const { house, gsme, hub } = await withSleeper()
      const outcomes = house.send(gsme.node, ids.hub, 3)
      await house.until(() => {
        gsme.node.poll()
        return outcomes.length > 0
      })
      expect(outcomes).toEqual(['delivered'])
      expect(hub.marks).toEqual([3])
    })

    it(
      pollsUnheard === undefined ? 'is heard when it polls' : `is not heard when it polls: ${pollsUnheard}`,
      async () => {
        const { house, gsme, hub } = await withSleeper()
        hub.heard.length = 0
        await house.poll(gsme.node)
        expect(hub.heard.includes(ids.gsme)).toBe(pollsUnheard === undefined)
      },
    )
  })

  describe('a waiting frame', () => {
    it('is there for 7 s', async () => {
      const { house, gsme } = await withSleeper()
      const outcomes = house.send(house.coordinator, ids.gsme, 1)
      await house.run(seconds(7))
      expect(await house.poll(gsme.node)).toBe(true)
      await house.run(patience)
      expect(outcomes).toEqual(['delivered'])
    })

    it(`expires at 7.68 s, and is not collected later${told}`, async () => {
      const { house, gsme } = await withSleeper()
      const outcomes = house.send(house.coordinator, ids.gsme, 1)
      await house.run(milliseconds(7_600))
      expect(outcomes).toEqual([])
      await house.run(milliseconds(400))
      expect(outcomes).toEqual([expired])
      expect(await house.poll(gsme.node)).toBe(false)
      expect(gsme.data).toEqual([])
    })

    it(`expires by itself, not with those that came before it${told}`, async () => {
      const { house, gsme } = await withSleeper()
      const first = house.send(house.coordinator, ids.gsme, 1)
      await house.run(seconds(4))
      const second = house.send(house.coordinator, ids.gsme, 2)
      await house.run(seconds(5))
      expect([first, second]).toEqual([[expired], []])
      expect(await house.poll(gsme.node)).toBe(true)
      expect(gsme.marks).toEqual([2])
    })

    it('is one of a bounded number: the surplus is refused at once, the rest collected in order', async () => {
      const { house, gsme } = await withSleeper()
      const outcomes = Array.from({ length: 200 }, (_, mark) => house.send(house.coordinator, ids.gsme, mark))
      await house.run(seconds(3))
      const kept = outcomes.flatMap((list, mark) => (list.length === 0 ? [mark] : []))
      expect(kept.length).toBeGreaterThan(0)
      expect(kept.length).toBeLessThan(100)
      await collect(house, gsme, kept.length)
      for (let i = 0; i < 200 && (await house.poll(gsme.node)); i++);
      await house.run(patience)
      expect(gsme.marks).toEqual(kept)
      const expected = outcomes.map((_, mark) => [kept.includes(mark) ? 'delivered' : expired])
      expect(outcomes).toEqual(expected)
    })

    const recalled = leavesLate === undefined ? 'and not delivered' : `and comes all the same: ${leavesLate}`
    it(`of a sleeper that was removed is confirmed, ${recalled}`, async () => {
      const { house, gsme } = await withSleeper()
      const outcomes = house.send(house.coordinator, ids.gsme, 1)
      house.coordinator.remove(ids.gsme)
      gsme.node.poll()
      await house.run(patience)
      expect(outcomes).toEqual([expect.not.stringMatching('delivered')])
      expect(gsme.data).toHaveLength(leavesLate === undefined ? 0 : 1)
    })
  })
}
