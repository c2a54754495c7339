/** Contract of the HanNode port: who gets onto the network, who stays, who comes back. */
import { describe, expect, it } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { type HanLimits, House, ids, installCodes, type MakeHanBench, patience, type Witness } from './han-bench.ts'

export function hanJoiningContract(make: MakeHanBench, { leavesLate }: HanLimits = {}): void {
  const formed = () => House.formed(make)

  /** A listed newcomer before an open window. */
  async function atTheDoor(): Promise<{ house: House; esme: Witness }> {
    const house = await formed()
    const esme = house.router(ids.esme)
    house.coordinator.authorise(ids.esme, installCodes.sixteen)
    house.coordinator.permitJoining(seconds(60))
    return { house, esme }
  }
  async function refusal(house: House, node: Witness, code: Uint8Array): Promise<string | undefined> {
    const { joined, failures } = node
    const before = failures.length
    node.node.join(code)
    await house.until(() => failures.length > before || node.joined > joined)
    expect(node.joined).toBe(joined)
    return failures.at(-1)
  }

  describe('forming', () => {
    it('a coordinator is on its network some time after form, and says so once', async () => {
      const house = await House.unformed(make)
      expect(house.coordinator.joined).toBe(false)
      house.form()
      expect(house.hub.calls).toBe(0)
      await house.until(() => house.hub.joined > 0)
      expect(house.coordinator.joined).toBe(true)
      await house.run(seconds(5))
      expect(house.hub.joined).toBe(1)
    })

    it('there is nothing to join before the coordinator has formed', async () => {
      const house = await House.unformed(make)
      const esme = house.router(ids.esme)
      house.coordinator.authorise(ids.esme, installCodes.sixteen)
      house.coordinator.permitJoining(seconds(60))
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-network')
    })
  })

  describe('joining', () => {
    it.each(['router', 'sleeper'] as const)(
      'a listed %s joins through an open window, and both sides hear of it',
      async role => {
        const house = await formed()
        const node = house[role](ids.esme)
        house.coordinator.authorise(ids.esme, installCodes.sixteen)
        house.coordinator.permitJoining(seconds(60))
        node.node.join(installCodes.sixteen)
        expect([node.calls, house.hub.devicesJoined.length, node.node.joined]).toEqual([0, 0, false])
        await house.until(() => node.joined > 0 && house.hub.devicesJoined.length > 0)
        expect(node.node.joined).toBe(true)
        await house.run(seconds(10))
        expect(node).toMatchObject({ joined: 1, failures: [], left: 0 })
        expect(house.hub.devicesJoined).toEqual([ids.esme])
        expect(house.hub.heard).toContain(ids.esme)
      },
    )

    it.each(Object.entries(installCodes))('an install code of %s octets proves a node', async (_, code) => {
      const { house, esme } = await atTheDoor()
      house.coordinator.authorise(ids.esme, code)
      esme.node.join(code)
      await house.until(() => esme.joined > 0)
      expect(esme.failures).toEqual([])
    })

    it('a node with another install code gets no key, and the coordinator never counts it in', async () => {
      const { house, esme } = await atTheDoor()
      expect(await refusal(house, esme, installCodes.twelve)).toBe('no-key')
      await house.run(patience)
      expect(esme).toMatchObject({ joined: 0, failures: ['no-key'] })
      expect(esme.node.joined).toBe(false)
      expect(house.hub.devicesJoined).toEqual([])
    })

    it('a node that is not listed gets no key', async () => {
      const { house } = await atTheDoor()
      const stranger = house.router(ids.stranger)
      expect(await refusal(house, stranger, installCodes.sixteen)).toBe('no-key')
      expect(house.hub.devicesJoined).toEqual([])
    })

    it('a later listing replaces the install code', async () => {
      const { house, esme } = await atTheDoor()
      house.coordinator.authorise(ids.esme, installCodes.eight)
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-key')
      house.coordinator.permitJoining(seconds(60))
      esme.node.join(installCodes.eight)
      await house.until(() => esme.joined > 0)
    })

    it('the install code is taken as it was at the call', async () => {
      const { house, esme } = await atTheDoor()
      const listed = installCodes.sixteen.slice()
      const shown = installCodes.sixteen.slice()
      house.coordinator.authorise(ids.esme, listed)
      esme.node.join(shown)
      listed.fill(0)
      shown.fill(0)
      await house.until(() => esme.joined > 0)
    })

    it('a refused node may try again', async () => {
      const { house, esme } = await atTheDoor()
      house.coordinator.permitJoining(0)
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-network')
      house.coordinator.permitJoining(seconds(60))
      esme.node.join(installCodes.sixteen)
      await house.until(() => esme.joined > 0)
    })

    it('a node that nobody hears finds no network', async () => {
      const { house, esme } = await atTheDoor()
      house.bench.silence(ids.esme)
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-network')
    })
  })

  describe('the window', () => {
    it('is closed until it is opened', async () => {
      const { house } = await atTheDoor()
      house.coordinator.permitJoining(0)
      const gsme = house.sleeper(ids.gsme)
      house.coordinator.authorise(ids.gsme, installCodes.sixteen)
      expect(await refusal(house, gsme, installCodes.sixteen)).toBe('no-network')
    })

    it('closes when its time is over', async () => {
      const { house, esme } = await atTheDoor()
      house.coordinator.permitJoining(seconds(20))
      await house.run(seconds(20) + milliseconds(500))
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-network')
    })

    it('stays open for the time of its latest opening', async () => {
      const { house, esme } = await atTheDoor()
      house.coordinator.permitJoining(seconds(10))
      await house.run(seconds(5))
      house.coordinator.permitJoining(seconds(30))
      await house.run(seconds(15))
      esme.node.join(installCodes.sixteen)
      await house.until(() => esme.joined > 0)
    })
  })

  describe('leaving', () => {
    it('a node that leaves is off the network, and both sides hear of it once', async () => {
      const house = await formed()
      const esme = await house.joined('router', ids.esme)
      esme.node.leave()
      expect([esme.left, house.hub.devicesLeft.length]).toEqual([0, 0])
      await house.until(() => esme.left > 0 && house.hub.devicesLeft.length > 0)
      await house.run(patience)
      expect([esme.node.joined, esme.left, house.hub.devicesLeft]).toEqual([false, 1, [ids.esme]])
    })

    it('leaving twice, or before joining, is nothing new', async () => {
      const house = await formed()
      const ppmid = house.router(ids.ppmid)
      ppmid.node.leave()
      const esme = await house.joined('router', ids.esme)
      esme.node.leave()
      esme.node.leave()
      await house.run(patience)
      expect([esme.left, ppmid.left, house.hub.devicesLeft]).toEqual([1, 0, [ids.esme]])
    })

    it('a node that left joins again through an open window while it is listed', async () => {
      const house = await formed()
      const esme = await house.joined('router', ids.esme)
      esme.node.leave()
      await house.run(seconds(2))
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-network')
      house.coordinator.permitJoining(seconds(60))
      esme.node.join(installCodes.sixteen)
      await house.until(() => esme.joined === 2)
      expect(house.hub.devicesJoined).toEqual([ids.esme, ids.esme])
    })

    it('a node that left and was taken off the list needs to be listed again', async () => {
      const house = await formed()
      const esme = await house.joined('router', ids.esme)
      esme.node.leave()
      await house.run(seconds(2))
      house.coordinator.remove(ids.esme)
      house.coordinator.permitJoining(seconds(60))
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-key')
      house.coordinator.authorise(ids.esme, installCodes.sixteen)
      house.coordinator.permitJoining(seconds(60))
      esme.node.join(installCodes.sixteen)
      await house.until(() => esme.joined === 2)
    })

    it.each(['router', 'sleeper'] as const)(
      'a listed %s that still holds the key comes back without a window',
      async role => {
        const house = await formed()
        const node = await house.joined(role, ids.esme)
        house.bench.silence(ids.esme)
        await house.run(seconds(60))
        house.bench.hear(ids.esme)
        node.node.join(installCodes.sixteen)
        await house.until(() => node.joined === 2 && house.hub.devicesJoined.length === 2)
        expect(node).toMatchObject({ left: 0, failures: [] })
        expect(node.node.joined).toBe(true)
      },
    )
  })

  describe('removal', () => {
    it('a removed router learns of it, and both sides hear of it once', async () => {
      const house = await formed()
      const esme = await house.joined('router', ids.esme)
      house.coordinator.remove(ids.esme)
      expect([esme.left, house.hub.devicesLeft.length]).toEqual([0, 0])
      await house.until(() => esme.left > 0 && house.hub.devicesLeft.length > 0)
      await house.run(patience)
      expect([esme.node.joined, esme.left, house.hub.devicesLeft]).toEqual([false, 1, [ids.esme]])
    })

    it('a removed sleeper learns of it at its next poll', async () => {
      const house = await formed()
      const gsme = await house.joined('sleeper', ids.gsme)
      house.coordinator.remove(ids.gsme)
      await house.run(seconds(5))
      expect([gsme.node.joined, gsme.left]).toEqual([true, 0])
      gsme.node.poll()
      await house.until(() => gsme.left > 0)
      await house.run(patience)
      expect([gsme.node.joined, gsme.left, house.hub.devicesLeft]).toEqual([false, 1, [ids.gsme]])
    })

    const learnt = leavesLate === undefined ? '' : `, once it has obeyed (${leavesLate})`
    it.each(['router', 'sleeper'] as const)(`a removed %s cannot communicate${learnt}`, async role => {
      const house = await formed()
      const node = await house.joined(role, ids.esme)
      const ppmid = await house.joined('router', ids.ppmid)
      house.coordinator.remove(ids.esme)
      await house.run(seconds(2))
      await house.until(() => {
        if (leavesLate !== undefined && role === 'sleeper') node.node.poll()
        return leavesLate === undefined || node.left > 0
      })
      const sent = [
        house.send(node.node, ids.hub, 1),
        house.send(node.node, ids.ppmid, 2),
        house.send(house.coordinator, ids.esme, 3),
        house.send(ppmid.node, ids.esme, 4),
      ]
      node.node.poll()
      await house.run(patience)
      expect(sent).toEqual(sent.map(() => [expect.not.stringMatching('delivered')]))
      expect([...node.data, ...ppmid.data, ...house.hub.data]).toEqual([])
    })

    it('a removed node comes back only once it is listed again and the window is open', async () => {
      const house = await formed()
      const esme = await house.joined('router', ids.esme)
      house.coordinator.remove(ids.esme)
      await house.until(() => esme.left > 0)
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-network')
      house.coordinator.permitJoining(seconds(60))
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-key')
      house.coordinator.authorise(ids.esme, installCodes.sixteen)
      house.coordinator.permitJoining(seconds(60))
      esme.node.join(installCodes.sixteen)
      await house.until(() => esme.joined === 2)
      expect(await house.outcome(esme.node, ids.hub)).toBe('delivered')
    })

    it('removing a device that never came takes it off the list, and nothing else happens', async () => {
      const { house, esme } = await atTheDoor()
      const calls = house.hub.calls
      house.coordinator.remove(ids.esme)
      await house.run(seconds(5))
      expect(house.hub.calls).toBe(calls)
      house.coordinator.permitJoining(seconds(60))
      expect(await refusal(house, esme, installCodes.sixteen)).toBe('no-key')
    })
  })
}
