/** What holds for every coordinator stick of ours: zigbee-herdsman's network outlives the host's process, and the stick. */
import { describe, expect, test } from 'vitest'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { type CoordinatorStick, homeBehind, type StickAdapter, type StickMemory } from './coordinator-stick.ts'
import type { Herdsman } from './herdsman.ts'
import type { HerdsmanHome } from './herdsman-home.ts'

const PATIENCE = { timeout: 180_000 }

type StickKind<M> = new (home: HerdsmanHome, link: ByteLink, how: { memory?: StickMemory<M> }) => CoordinatorStick<M>

/** Octets of its extended PAN ID: zstack turns round what it is configured with, ember does not. */
const EXTENDED_PAN_ID = { zstack: '00db1234567800aa', ember: 'aa0078563412db00' }

/** A home whose meter has joined. */
export async function homeOfAMeter<M>(adapter: StickAdapter, Stick: StickKind<M>) {
  const behind = await homeBehind(adapter, 'restarts', (home, link) => new Stick(home, link, {}))
  const { home, stick, host } = behind
  expect(host.started).toBe('reset')
  const network = { panId: 0x1a62, channel: 15, extendedPanId: EXTENDED_PAN_ID[adapter] }
  expect(stick.processor.network).toMatchObject(network)
  const { deviceId: meter, profile } = home.devices.esme
  home.esme().start()
  await host.takeIn(meter)
  /** The meter is known, and answers. */
  const expectMeter = async (known: Herdsman) => {
    const { modelId } = profile.identity
    expect(known.device(meter).modelID).toBe(modelId)
    expect(await known.endpoint(meter).read('genBasic', ['modelId'])).toEqual({ modelId })
  }
  return { ...behind, expectMeter }
}

/** `leavesOut`: frame counters that the host leaves out when it restores its backup. */
export function goesOn<M>(adapter: StickAdapter, Stick: StickKind<M>, { leavesOut }: { leavesOut: number }): void {
  const begin = () => homeOfAMeter(adapter, Stick)

  describe('the home goes on', () => {
    test('when the host restarts', PATIENCE, async () => {
      const { home, link, stick, host, expectMeter } = await begin()
      await host.stop()
      const next = await home.start(link)
      expect(next.started).toBe('resumed')
      await expectMeter(next)
      stick.expectHarmony()
      expect(home.complaints).toEqual([])
    })

    test('when the stick is pulled, and put back with what is in its flash', PATIENCE, async () => {
      const { home, link, stick, host, expectMeter } = await begin()
      const { network, frameCounter } = stick.processor
      const memory = stick.end()
      link.close()
      await host.until(() => host.disconnected, 'the host sees that the stick has gone')
      await host.stop()
      const anotherLink = await home.line()
      const again = new Stick(home, anotherLink, { memory })
      const next = await home.start(anotherLink)
      expect([next.started, again.processor.network]).toEqual(['resumed', network])
      expect(again.processor.frameCounter).toBeGreaterThan(frameCounter)
      await expectMeter(next)
      again.expectHarmony()
    })

    test('when the stick is replaced: the host puts its backup on the new one', PATIENCE, async () => {
      const { home, link, stick, host, expectMeter } = await begin()
      await host.stop()
      // Beyond what the devices have seen of the old one.
      const { network, frameCounter } = stick.processor
      stick.end()
      link.close()
      const anotherLink = await home.line()
      const empty = new Stick(home, anotherLink, {})
      const next = await home.start(anotherLink)
      expect([next.started, empty.processor.network]).toEqual(['restored', network])
      expect(empty.processor.frameCounter).toBeGreaterThanOrEqual(frameCounter + leavesOut)
      await expectMeter(next)
      empty.expectHarmony()
    })
  })
}
