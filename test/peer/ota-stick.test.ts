/**
 * A hub whose HAN is on a coordinator stick hands its images over it. zigbee-herdsman drives the stick by its adapter; its own OTA
 * routine belongs to its controller, which has the network to itself, so that the hub's server does the talking here too.
 */
import { expect, onTestFinished, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { HA_PROFILE } from '../../src/devices/device.ts'
import { ImageShelf } from '../../src/devices/hub/ota/image-shelf.ts'
import { OtaServer } from '../../src/devices/hub/ota/ota-server.ts'
import { imageName } from '../../src/devices/ota/image-identity.ts'
import { OtaClient } from '../../src/devices/ota/ota-client.ts'
import { EzspDongle } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import { testTrust } from '../../src/firmware/test-signing.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { ZclNode } from '../../src/zcl/node.ts'
import { ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { ids, installCodes } from '../contract/han-bench.ts'
import { stickBench } from '../contract/stick-bench.ts'
import { LATER, otaImage } from '../helpers/ota-home.ts'

const trace = { emit: () => {} }
const network = { panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 }

test('an image goes over an EZSP stick that zigbee-herdsman drives', { timeout: 120_000 }, async () => {
  const worlds: Kernel[] = []
  const bench = await stickBench('ember', (link, { kernel, of }) => {
    worlds.push(kernel)
    const processor = new ZigbeeNetworkProcessor(of(ids.hub))
    new EzspDongle({ link, processor, clock: kernel, timers: kernel, random: kernel.random.stream('dongle') })
  })
  onTestFinished(() => bench.close?.())
  const [kernel] = worlds
  if (!kernel) throw new Error('no world')
  const at = { endpoint: 1, profileId: HA_PROFILE }

  const hub = new ZclNode({ han: bench.coordinator, timers: kernel, trace })
  const shelf = new ImageShelf({ images: 1, octets: 10_000 })
  const server = new OtaServer({
    ...{ esi: hub.endpoint({ ...at, deviceId: 0x0007 }), clock: kernel, timers: kernel, trace, shelf },
    ...{ isListed: () => true, listens: () => true, minimumBlockPeriodMs: 0, waitS: 30 },
  })
  const octets = otaImage({ ...LATER.esme, octets: 2_000 })
  shelf.put({ ...LATER.esme, totalImageSize: octets.length })
  shelf.append(imageName(LATER.esme), octets)

  const node = bench.router(ids.esme)
  const meter = new ZclNode({ han: node, timers: kernel, trace, listener: { onJoined: () => client.joined() } })
  const trust = testTrust()
  let booted = false
  const client: OtaClient = new OtaClient({
    ...{
      device: ids.esme,
      endpoint: meter.endpoint({ ...at, deviceId: 0x0501 }),
      esi: { device: ids.hub, endpoint: 1 },
    },
    ...{ clock: kernel, timers: kernel, trace, random: kernel.random.stream('ota'), sleeps: false, onAsked: () => {} },
    facts: {
      ...{ ...LATER.esme, fileVersion: 1, hardwareVersion: 1, maxImageOctets: 10_000, allowDowngrade: false },
      ...{ upgradesFrom: [], blockOctets: 48, blockDelayMs: 50, pageOctets: 0 },
      ...{ activationWaits: true, keepsActivation: true },
    },
    works: {
      trust: () => trust,
      outcome: () => ({ upgradesFrom: [] }),
      boot: () => {
        booted = true
      },
    },
  })

  bench.coordinator.form(network)
  await bench.run(seconds(10))
  bench.coordinator.authorise(ids.esme, installCodes.sixteen)
  bench.coordinator.permitJoining(minutes(1))
  await bench.run(seconds(2))
  node.join(installCodes.sixteen)
  await bench.run(seconds(20))
  expect(node.joined).toBe(true)
  server.offer(imageName(LATER.esme), [ids.esme], { when: 'at-once' })
  for (let step = 0; step < 60 && !booted; step++) await bench.run(seconds(1))
  expect(booted).toBe(true)
  expect(server.progressOf(ids.esme)).toMatchObject({ state: 'activating', octets: 2_000 })
})
