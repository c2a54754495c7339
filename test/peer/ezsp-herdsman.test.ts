/** zigbee-herdsman, unmodified, runs its network through our EZSP coordinator stick. */
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { withCrc } from '../../src/crypto/install-code.ts'
import { ZclNode } from '../../src/zcl/node.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { homeBehind } from './coordinator-stick.ts'
import { crowdJoins } from './ember-crowd.ts'
import { EmberStick } from './ember-stick.ts'
import { goesOn, homeOfAMeter } from './goes-on-suite.ts'
import { CHANNEL } from './herdsman-home.ts'
import { hasPrepayment, hasReported, showsNotices } from './host-talk.ts'

const PLUG = '00124b00000000b1'
const PATIENCE = { timeout: 180_000 }

describe('it starts, forms its network', () => {
  test('and takes in a meter, a gas meter that sleeps and a display', PATIENCE, async () => {
    const { home, stick, host } = await homeBehind('ember', 'household', (at, line) => new EmberStick(at, line))
    expect(host.started).toBe('reset')
    const { esme, gsme, ppmid } = home.devices
    const ids = [esme.deviceId, gsme.deviceId, ppmid.deviceId]
    for (const device of [home.esme(), home.gsme(), home.ppmid()]) device.start()
    await host.takeIn(...ids)
    expect(ids.map(id => host.device(id).type)).toEqual(['Router', 'EndDevice', 'Router'])
    expect(host.device(esme.deviceId)).toMatchObject({ modelID: esme.profile.identity.modelId })
    expect([host.failed, host.left]).toEqual([[], []])
    stick.expectHarmony()
    expect(home.complaints).toEqual([])
  })

  test('with a firmware of protocol 13', PATIENCE, async () => {
    const { home, stick, host } = await homeBehind(
      'ember',
      'protocol 13',
      (at, line) => new EmberStick(at, line, { protocolVersion: 13 }),
    )
    expect((await host.controller.getCoordinatorVersion()).meta).toMatchObject({ ezsp: 13, major: 7, minor: 4 })
    home.esme().start()
    await host.takeIn(home.devices.esme.deviceId)
    const { modelId } = home.devices.esme.profile.identity
    expect(host.device(home.devices.esme.deviceId).modelID).toBe(modelId)
    stick.expectHarmony()
    expect(home.complaints).toEqual([])
  })

  test('reads, writes, binds, and is told of what it wants to know', PATIENCE, async () => {
    const { home, stick, host } = await homeBehind('ember', 'talk', (at, line) => new EmberStick(at, line))
    const [meterId, displayId] = [home.devices.esme.deviceId, home.devices.ppmid.deviceId]
    const esme = home.esme()
    const ppmid = home.ppmid()
    for (const device of [esme, ppmid]) device.start()
    await host.takeIn(meterId, displayId)

    const meter = host.endpoint(meterId)
    const { divisor, unitOfMeasure } = await meter.read('seMetering', ['divisor', 'unitOfMeasure'])
    expect([divisor, unitOfMeasure]).toEqual([home.devices.esme.profile.metering.divisor, 0])
    await expect(meter.read('seMetering', ['powerFactor'])).rejects.toThrow('UNSUPPORTED_ATTRIBUTE')
    await expect(meter.write('seMetering', { divisor: 7 } as never)).rejects.toThrow('NOT_AUTHORIZED')
    await meter.write('genTime', { time: 700_000_000 })
    expect(Math.abs(esme.clock.unixMs() / 1_000 - 946_684_800 - 700_000_000)).toBeLessThan(60)

    await hasPrepayment(host, meterId)
    await hasReported(host, meterId, 3)
    await showsNotices(host, displayId, () => ppmid.shown)
    stick.expectHarmony()
    expect(home.complaints).toEqual([])

    await host.device(meterId).removeFromNetwork()
    await home.time.until(() => stick.processor.addressOf(meterId) === undefined, 'the meter has gone')
    expect(host.controller.getDeviceByIeeeAddr(`0x${meterId}`)).toBeUndefined()
  })

  test('and is told of devices that come with an install code, and go', PATIENCE, async () => {
    const { home, stick, host } = await homeBehind('ember', 'coming and going', (at, line) => new EmberStick(at, line))
    const code = withCrc(Uint8Array.from({ length: 16 }, (_, at) => 0x83 + at))
    await host.controller.addInstallCode(`${PLUG}|${toHex(code)}`)
    const plug = new ZigbeeNode({ ...home.parts(PLUG), role: 'router', channels: [CHANNEL] })
    const { kernel } = home.time
    const zcl = new ZclNode({ han: plug, timers: kernel, trace: { emit: () => {} }, listener: {} })
    zcl.endpoint({ endpoint: 1, profileId: 0x0104, deviceId: 0x51 }).serve('Basic', {
      attributes: { ZCLVersion: 8, ManufacturerName: 's1rig', ModelIdentifier: 'plug', PowerSource: 1 },
    })
    await host.controller.permitJoin(254)
    plug.join(code)
    await host.until(() => host.interviewed.has(PLUG), 'the plug is in')
    expect(host.device(PLUG)).toMatchObject({ manufacturerName: 's1rig', modelID: 'plug' })
    // A farewell is said once and acknowledged by nobody: not into what else is on the air.
    await home.time.pass(seconds(2))
    plug.leave()
    await host.until(() => host.left.includes(PLUG), 'the plug has left')
    stick.expectHarmony()
  })
})

test('thirty devices that join at once all come in, and not one fails', { timeout: 240_000 }, () => crowdJoins(30, 0))

goesOn('ember', EmberStick, { leavesOut: 0 })

test('a stick that restarts on its line: the host finds out, and goes on with it', PATIENCE, async () => {
  const { home, link, stick, host, expectMeter } = await homeOfAMeter('ember', EmberStick)
  const { frameCounter } = stick.processor
  const again = new EmberStick(home, link, { memory: stick.end() })
  await host.until(() => host.disconnected, 'the host finds out')
  await host.stop()
  const next = await home.start(link)
  expect(next.started).toBe('resumed')
  await expectMeter(next)
  expect(again.processor.frameCounter).toBeGreaterThan(frameCounter)
  again.expectHarmony()
})
