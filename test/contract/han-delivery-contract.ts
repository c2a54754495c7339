/** Contract of the HanNode port: frames between awake nodes, and what is heard of them. */
import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import type { HanNode } from '../../src/ports/han.ts'
import { frame, type HanLimits, House, ids, installCodes, type MakeHanBench, patience } from './han-bench.ts'

export function hanDeliveryContract(make: MakeHanBench, { triedOnce }: HanLimits = {}): void {
  async function twoRouters() {
    const house = await House.formed(make)
    const esme = await house.joined('router', ids.esme)
    const ppmid = await house.joined('router', ids.ppmid)
    return { house, esme, ppmid, hub: house.hub }
  }
  const ways = [
    ['hub', 'esme'],
    ['esme', 'hub'],
    ['esme', 'ppmid'],
  ] as const

  describe('a frame', () => {
    it.each(ways)('goes from %s to %s, and is confirmed once', async (from, to) => {
      const nodes = await twoRouters()
      const payload = frame(7)
      const outcomes = nodes.house.send(nodes[from].node, ids[to], 7)
      await nodes.house.run(patience)
      expect(outcomes).toEqual(['delivered'])
      expect(nodes[to].data).toEqual([{ from: ids[from], payload }])
    })

    it.each([1, 3, 48])(
      'of %d octets arrives unchanged, whatever becomes of the buffer of its sender',
      async length => {
        const { house, esme, hub } = await twoRouters()
        const asdu = Uint8Array.from({ length }, (_, i) => 255 - 5 * i)
        const expected = asdu.slice()
        esme.node.send(ids.hub, { ...frame(0), asdu })
        asdu.fill(0)
        await house.until(() => hub.data.length > 0)
        expect(hub.data[0]?.payload.asdu).toEqual(expected)
      },
    )

    it('from part of a larger buffer carries that part only', async () => {
      const { house, esme, hub } = await twoRouters()
      esme.node.send(ids.hub, { ...frame(0), asdu: Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4) })
      await house.until(() => hub.data.length > 0)
      expect(hub.data[0]?.payload.asdu).toEqual(Uint8Array.of(2, 3, 4))
    })

    it('is never overtaken by a later one of the same pair', async () => {
      const { house, esme, ppmid, hub } = await twoRouters()
      const marks = Array.from({ length: 12 }, (_, i) => i)
      const outcomes = marks.flatMap(mark => [
        house.send(house.coordinator, ids.esme, mark),
        house.send(esme.node, ids.hub, mark),
        house.send(esme.node, ids.ppmid, mark),
      ])
      await house.run(patience)
      expect(outcomes.every(list => list.length === 1 && list[0] === 'delivered')).toBe(true)
      for (const witness of [esme, hub, ppmid]) expect(witness.marks).toEqual(marks)
    })

    it('may be sent from inside onData', async () => {
      const { house, esme, hub } = await twoRouters()
      esme.node.listen({ onData: from => esme.node.send(from, frame(99)) })
      house.send(house.coordinator, ids.esme, 1)
      await house.until(() => hub.data.length > 0)
      expect(hub.marks).toEqual([99])
    })

    it('needs nobody who waits for its confirmation', async () => {
      const { house, esme, hub } = await twoRouters()
      esme.node.send(ids.hub, frame(1))
      esme.node.send(ids.stranger, frame(2))
      await house.run(patience)
      expect(hub.marks).toEqual([1])
    })
  })

  describe('a frame that cannot arrive', () => {
    it('to a node that is dead is confirmed no-ack', async () => {
      const { house, esme } = await twoRouters()
      house.bench.silence(ids.esme)
      expect(await house.outcome(house.coordinator, ids.esme)).toBe('no-ack')
      house.bench.hear(ids.esme)
      await house.run(patience)
      expect(esme.data).toEqual([])
      expect(await house.outcome(house.coordinator, ids.esme)).toBe('delivered')
    })

    const arrives = triedOnce === undefined ? 'still arrives, once' : `is lost: ${triedOnce}`
    it(`to a node that is back within two seconds ${arrives}`, async () => {
      const { house, esme } = await twoRouters()
      house.bench.silence(ids.esme)
      const outcomes = house.send(house.coordinator, ids.esme, 5)
      await house.run(seconds(2))
      house.bench.hear(ids.esme)
      await house.run(patience)
      expect(outcomes).toEqual([triedOnce === undefined ? 'delivered' : 'no-ack'])
      expect(esme.marks).toEqual(triedOnce === undefined ? [5] : [])
    })

    it('to nobody known is confirmed unknown-destination', async () => {
      const { house, esme } = await twoRouters()
      expect(await house.outcome(house.coordinator, ids.stranger)).toBe('unknown-destination')
      expect(await house.outcome(esme.node, ids.stranger)).toBe('unknown-destination')
    })

    it('from a node that has not joined, or has left, is confirmed not-joined', async () => {
      const { house, esme, hub } = await twoRouters()
      const newcomer = house.router(ids.stranger)
      expect(await house.outcome(newcomer.node, ids.hub)).toBe('not-joined')
      esme.node.leave()
      expect(await house.outcome(esme.node, ids.hub)).toBe('not-joined')
      expect(hub.data).toEqual([])
    })

    it('from a coordinator that has not formed is confirmed not-joined', async () => {
      const house = await House.unformed(make)
      expect(await house.outcome(house.coordinator, ids.esme)).toBe('not-joined')
    })
  })

  describe('every send', () => {
    it('is confirmed exactly once, whatever happens', async () => {
      const { house, esme, ppmid } = await twoRouters()
      const gsme = await house.joined('sleeper', ids.gsme)
      const nodes: HanNode[] = [house.coordinator, esme.node, ppmid.node, gsme.node]
      const addresses = [ids.hub, ids.esme, ids.ppmid, ids.gsme, ids.stranger]
      const everyone = () =>
        nodes.flatMap(from => addresses.filter(to => to !== from.eui64).map(to => house.send(from, to, 1)))
      const upsets: (() => void)[] = [
        () => house.bench.silence(ids.ppmid),
        () => gsme.node.poll(),
        () => house.coordinator.remove(ids.esme),
        () => house.bench.hear(ids.ppmid),
        () => gsme.node.join(installCodes.sixteen),
        () => house.bench.silence(ids.hub),
        () => ppmid.node.leave(),
        () => house.bench.hear(ids.hub),
        () => gsme.node.leave(),
      ]
      const outcomes = everyone()
      for (const upset of upsets) {
        upset()
        outcomes.push(...everyone())
        await house.run(seconds(1))
      }
      await house.run(2 * patience)
      expect(outcomes.length).toBe(160)
      expect(outcomes.map(list => list.length)).toEqual(outcomes.map(() => 1))
    })
  })

  describe('the coordinator', () => {
    it('hears a node that sends data', async () => {
      const { house, esme, hub } = await twoRouters()
      hub.heard.length = 0
      house.send(esme.node, ids.hub, 1)
      await house.until(() => hub.data.length > 0)
      expect(hub.heard).toContain(ids.esme)
      expect(hub.heard).not.toContain(ids.hub)
    })

    it('hears a node that acknowledges', async () => {
      const { house, hub } = await twoRouters()
      hub.heard.length = 0
      expect(await house.outcome(house.coordinator, ids.esme)).toBe('delivered')
      expect(hub.heard).toContain(ids.esme)
    })

    it('hears a node that answers its discovery', async () => {
      const { house, hub } = await twoRouters()
      hub.heard.length = 0
      await house.discover(house.coordinator)
      expect(hub.heard).toEqual(expect.arrayContaining([ids.esme, ids.ppmid]))
    })

    it('hears nothing of a node that is silent', async () => {
      const { house, esme, hub } = await twoRouters()
      house.bench.silence(ids.esme)
      await house.run(seconds(1))
      hub.heard.length = 0
      house.send(esme.node, ids.hub, 1)
      house.send(house.coordinator, ids.esme, 2)
      await house.run(patience)
      expect(hub.heard).not.toContain(ids.esme)
    })
  })
}
