/** Contract of the HanNode port: finding who serves a cluster. */
import { describe, expect, it } from 'vitest'
import { type HanLimits, House, ids, type MakeHanBench, metering, profileId, serveMetering } from './han-bench.ts'

export function hanDiscoveryContract(make: MakeHanBench, { coordinatorUnseen }: HanLimits = {}): void {
  const hub = coordinatorUnseen === undefined ? [ids.hub] : []
  const whom = coordinatorUnseen === undefined ? '' : `, but not the coordinator: ${coordinatorUnseen}`

  describe('discovery', () => {
    it.each(['router', 'sleeper'] as const)(
      `by a %s finds the awake nodes that serve the cluster${whom}`,
      async role => {
        const house = await House.formed(make)
        await house.joined('router', ids.esme)
        const asker = await house.joined(role, ids.ppmid)
        asker.node.removeEndpoint(1)
        const found = await house.discover(asker.node)
        expect(found.map(({ device }) => device).sort()).toEqual([...hub, ids.esme])
        expect(found).toContainEqual({
          device: ids.esme,
          endpoint: 1,
          profileId,
          deviceId: 0x0501,
          inputClusters: [0x0000, metering],
          outputClusters: [0x000a],
        })
      },
    )

    it('does not find sleepers', async () => {
      const house = await House.formed(make)
      const gsme = await house.joined('sleeper', ids.gsme)
      const outcome = house.discover(house.coordinator)
      expect(await outcome).toEqual([])
      expect(gsme.data).toEqual([])
    })

    it('goes by the profile and the server side', async () => {
      const house = await House.formed(make)
      const { node } = await house.joined('router', ids.esme)
      node.removeEndpoint(1)
      const endpoint = { deviceId: 0x0501, inputClusters: [metering], outputClusters: [] }
      node.addEndpoint({ ...endpoint, endpoint: 2, profileId: 0x0109 })
      node.addEndpoint({ ...endpoint, endpoint: 3, profileId, inputClusters: [0x0000], outputClusters: [metering] })
      expect(await house.discover(house.coordinator)).toEqual([])
      node.addEndpoint({ ...endpoint, endpoint: 4, profileId })
      const found = await house.discover(house.coordinator)
      expect(found.map(({ device, endpoint }) => [device, endpoint])).toEqual([[ids.esme, 4]])
    })

    it('finds every endpoint of a node, as it was added last', async () => {
      const house = await House.formed(make)
      const { node } = await house.joined('router', ids.esme)
      serveMetering(node, 2)
      node.addEndpoint({ endpoint: 1, profileId, deviceId: 0x0502, inputClusters: [metering], outputClusters: [] })
      const found = await house.discover(house.coordinator)
      const short = found.map(({ endpoint, deviceId }) => [endpoint, deviceId])
      expect(short.sort()).toEqual([
        [1, 0x0502],
        [2, 0x0501],
      ])
    })

    it('does not find an endpoint that was removed', async () => {
      const house = await House.formed(make)
      const { node } = await house.joined('router', ids.esme)
      expect(await house.discover(house.coordinator)).toHaveLength(1)
      node.removeEndpoint(1)
      expect(await house.discover(house.coordinator)).toEqual([])
    })

    it('does not find a node that is dead, was removed or never joined', async () => {
      const house = await House.formed(make)
      house.router(ids.stranger)
      await house.joined('router', ids.esme)
      await house.joined('router', ids.ppmid)
      house.bench.silence(ids.esme)
      house.coordinator.remove(ids.ppmid)
      await house.run(2_000_000)
      expect(await house.discover(house.coordinator)).toEqual([])
    })

    it('by a node off the network finds nothing', async () => {
      const house = await House.formed(make)
      expect(await house.discover(house.router(ids.stranger).node)).toEqual([])
    })
  })
}
