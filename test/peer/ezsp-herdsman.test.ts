/** zigbee-herdsman, unmodified, runs its network through our EZSP coordinator stick. */
import { describe, expect, test } from 'vitest'
import { Zcl } from 'zigbee-herdsman'
import type { Endpoint } from 'zigbee-herdsman/dist/controller/model/index.js'
import { toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { withCrc } from '../../src/crypto/install-code.ts'
import { ZclNode } from '../../src/zcl/node.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { crowdJoins } from './ember-crowd.ts'
import { EmberStick } from './ember-stick.ts'
import { CHANNEL, HerdsmanHome, type Host } from './herdsman-home.ts'

const PLUG = '00124b00000000b1'
const PATIENCE = { timeout: 60_000 }
const { DataType } = Zcl
/** Clusters of Smart Energy that this host does not know by itself. */
const PREPAYMENT = {
  ...{ name: 's1rigPrepayment', ID: 0x0705, commands: {}, commandsResponse: {} },
  attributes: { paymentControl: { name: 'paymentControl', ID: 0x0000, type: DataType.BITMAP16, write: true } },
}
const parameters = (...named: readonly (readonly [string, number])[]) => named.map(([name, type]) => ({ name, type }))
const PRICE = {
  ...{ name: 's1rigPrice', ID: 0x0700, attributes: {}, commands: {} },
  commandsResponse: {
    publishPrice: {
      ...{ name: 'publishPrice', ID: 0 },
      parameters: parameters(
        ...([
          ['providerId', DataType.UINT32],
          ['rateLabel', DataType.OCTET_STR],
        ] as const),
        ...([
          ['issuerEventId', DataType.UINT32],
          ['currentTime', DataType.UTC],
        ] as const),
        ...([
          ['unitOfMeasure', DataType.ENUM8],
          ['currency', DataType.UINT16],
          ['digit', DataType.BITMAP8],
        ] as const),
        ...([
          ['tiers', DataType.BITMAP8],
          ['startTime', DataType.UTC],
          ['duration', DataType.UINT16],
        ] as const),
        ...([
          ['price', DataType.UINT32],
          ['priceRatio', DataType.UINT8],
        ] as const),
        ...([
          ['generationPrice', DataType.UINT32],
          ['generationRatio', DataType.UINT8],
        ] as const),
      ),
    },
  },
}
const MESSAGING = {
  ...{ name: 's1rigMessaging', ID: 0x0703, attributes: {} },
  commands: {
    messageConfirmation: {
      ...{ name: 'messageConfirmation', ID: 1 },
      parameters: parameters(['messageId', DataType.UINT32], ['confirmationTime', DataType.UTC]),
    },
  },
  commandsResponse: {
    displayMessage: {
      ...{ name: 'displayMessage', ID: 0 },
      parameters: parameters(
        ...([
          ['messageId', DataType.UINT32],
          ['messageControl', DataType.BITMAP8],
        ] as const),
        ...([
          ['startTime', DataType.UTC],
          ['duration', DataType.UINT16],
          ['message', DataType.CHAR_STR],
        ] as const),
      ),
    },
  },
}
const PUBLISHED = {
  ...{ providerId: 0, rateLabel: Buffer.from('Standard'), issuerEventId: 1, currentTime: 1_000, unitOfMeasure: 0 },
  ...{ currency: 826, digit: 0x41, tiers: 0x11, startTime: 0, duration: 0xffff, price: 2_850 },
  ...{ priceRatio: 0xff, generationPrice: 0xffff_ffff, generationRatio: 0xff },
}

function endpointOf(host: Host, device: string): Endpoint {
  const endpoint = host.device(device).getEndpoint(1)
  if (!endpoint) throw new Error(`${device} has no endpoint 1`)
  return endpoint
}
const said = ({ messages }: Host, type: string, cluster: string) =>
  messages.filter(message => message.type === type && message.cluster === cluster)

describe('it starts, forms its network', () => {
  test('and takes in a meter, a gas meter that sleeps and a display', PATIENCE, async () => {
    const home = new HerdsmanHome('ember', 'household')
    const link = await home.line()
    const stick = new EmberStick(home, link)
    const host = await home.start(link)
    expect(host.started).toBe('reset')
    const { esme, gsme, ppmid } = home.devices
    const ids = [esme.deviceId, gsme?.deviceId ?? '', ppmid?.deviceId ?? '']
    for (const device of [home.esme(), home.gsme(), home.ppmid()]) device.start()
    await host.takeIn(...ids)
    expect(ids.map(id => host.device(id).type)).toEqual(['Router', 'EndDevice', 'Router'])
    expect(host.device(esme.deviceId)).toMatchObject({ modelID: esme.profile.identity.modelId })
    expect([host.failed, host.left]).toEqual([[], []])
    stick.expectHarmony()
    expect(home.complaints).toEqual([])
  })

  test('with a firmware of protocol 13', PATIENCE, async () => {
    const home = new HerdsmanHome('ember', 'protocol 13')
    const link = await home.line()
    const stick = new EmberStick(home, link, { protocolVersion: 13 })
    const host = await home.start(link)
    expect((await host.controller.getCoordinatorVersion()).meta).toMatchObject({ ezsp: 13, major: 7, minor: 4 })
    home.esme().start()
    await host.takeIn(home.devices.esme.deviceId)
    const { modelId } = home.devices.esme.profile.identity
    expect(host.device(home.devices.esme.deviceId).modelID).toBe(modelId)
    stick.expectHarmony()
    expect(home.complaints).toEqual([])
  })

  test('reads, writes, binds, and is told of what it wants to know', PATIENCE, async () => {
    const home = new HerdsmanHome('ember', 'talk')
    const link = await home.line()
    const stick = new EmberStick(home, link)
    const host = await home.start(link)
    const [meterId, displayId] = [home.devices.esme.deviceId, home.devices.ppmid?.deviceId ?? '']
    const esme = home.esme()
    const ppmid = home.ppmid()
    for (const device of [esme, ppmid]) device.start()
    await host.takeIn(meterId, displayId)

    const meter = endpointOf(host, meterId)
    const { currentSummDelivered } = await meter.read('seMetering', ['currentSummDelivered'])
    expect(currentSummDelivered).toBeGreaterThan(0)
    const { divisor, unitOfMeasure } = await meter.read('seMetering', ['divisor', 'unitOfMeasure'])
    expect([divisor, unitOfMeasure]).toEqual([home.devices.esme.profile.metering.divisor, 0])
    await expect(meter.read('seMetering', ['powerFactor'])).rejects.toThrow('UNSUPPORTED_ATTRIBUTE')
    await expect(meter.write('seMetering', { divisor: 7 } as never)).rejects.toThrow('NOT_AUTHORIZED')
    await meter.write('genTime', { time: 700_000_000 })
    expect(Math.abs(esme.clock.unixMs() / 1_000 - 946_684_800 - 700_000_000)).toBeLessThan(60)

    host.device(meterId).addCustomCluster(PREPAYMENT.name, PREPAYMENT as never)
    expect(await meter.read(PREPAYMENT.name as never, ['paymentControl'] as never)).toEqual({ paymentControl: 0x0080 })

    const coordinator = host.controller.getDevicesByType('Coordinator')[0]?.getEndpoint(1)
    if (!coordinator) throw new Error('there is no coordinator')
    await meter.bind('seMetering', coordinator)
    const wish = { attribute: 'currentSummDelivered', minimumReportInterval: 1, maximumReportInterval: 5 } as const
    await meter.configureReporting('seMetering', [{ ...wish, reportableChange: 1 }])
    await host.until(() => said(host, 'attributeReport', 'seMetering').length >= 3, 'reports')
    for (const { ieee, data } of said(host, 'attributeReport', 'seMetering')) {
      expect(ieee).toBe(`0x${meterId}`)
      expect((data as { currentSummDelivered: number }).currentSummDelivered).toBeGreaterThanOrEqual(
        currentSummDelivered as number,
      )
    }
    await meter.unbind('seMetering', coordinator)

    host.device(displayId).addCustomCluster(PRICE.name, PRICE as never)
    host.device(displayId).addCustomCluster(MESSAGING.name, MESSAGING as never)
    const display = endpointOf(host, displayId)
    await display.commandResponse(PRICE.name as never, 'publishPrice' as never, PUBLISHED as never)
    await home.time.until(() => ppmid.shown.price?.electricity?.price === 2_850, 'the price is shown')
    const message = { messageId: 7, messageControl: 0x80, startTime: 0, duration: 0xffff, message: 'Power is back' }
    await display.commandResponse(MESSAGING.name as never, 'displayMessage' as never, message as never)
    await host.until(() => said(host, 'commandMessageConfirmation', MESSAGING.name).length > 0, 'a confirmation')
    expect(ppmid.shown.message).toEqual({ id: 7, text: 'Power is back' })
    stick.expectHarmony()
    expect(home.complaints).toEqual([])

    await host.device(meterId).removeFromNetwork()
    await home.time.until(() => stick.processor.addressOf(meterId) === undefined, 'the meter has gone')
    expect(host.controller.getDeviceByIeeeAddr(`0x${meterId}`)).toBeUndefined()
  })

  test('and is told of devices that come with an install code, and go', PATIENCE, async () => {
    const home = new HerdsmanHome('ember', 'coming and going')
    const link = await home.line()
    const stick = new EmberStick(home, link)
    const host = await home.start(link)
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
    await host.until(() => host.interviewed.has(`0x${PLUG}`), 'the plug is in')
    expect(host.device(PLUG)).toMatchObject({ manufacturerName: 's1rig', modelID: 'plug' })
    // A farewell is said once and acknowledged by nobody: not into what else is on the air.
    await home.time.pass(seconds(2))
    plug.leave()
    await host.until(() => host.left.includes(`0x${PLUG}`), 'the plug has left')
    stick.expectHarmony()
  })
})

test('thirty devices that join at once all come in, and not one fails', PATIENCE, () => crowdJoins(30, 0))

describe('the home goes on', () => {
  test('when the host restarts', PATIENCE, async () => {
    const home = new HerdsmanHome('ember', 'restart of the host')
    const link = await home.line()
    const stick = new EmberStick(home, link)
    const first = await home.start(link)
    const meterId = home.devices.esme.deviceId
    home.esme().start()
    await first.takeIn(meterId)
    await first.stop()
    const second = await home.start(link)
    expect(second.started).toBe('resumed')
    const modelId = home.devices.esme.profile.identity.modelId
    expect(await endpointOf(second, meterId).read('genBasic', ['modelId'])).toEqual({ modelId })
    stick.expectHarmony()
    expect(home.complaints).toEqual([])
  })

  test('when the stick restarts: the host finds out, and goes on with it', PATIENCE, async () => {
    const home = new HerdsmanHome('ember', 'restart of the stick')
    const link = await home.line()
    const stick = new EmberStick(home, link)
    const first = await home.start(link)
    const meterId = home.devices.esme.deviceId
    home.esme().start()
    await first.takeIn(meterId)
    const lost = new Promise<void>(resolve => first.controller.on('adapterDisconnected', () => resolve()))
    const { frameCounter } = stick.processor
    const next = new EmberStick(home, link, { memory: stick.end() })
    await lost
    await first.stop()
    const second = await home.start(link)
    expect(second.started).toBe('resumed')
    const modelId = home.devices.esme.profile.identity.modelId
    expect(await endpointOf(second, meterId).read('genBasic', ['modelId'])).toEqual({ modelId })
    expect(next.processor.frameCounter).toBeGreaterThan(frameCounter)
    next.expectHarmony()
  })

  test('when the stick is replaced: the host puts its backup on the new one', PATIENCE, async () => {
    const home = new HerdsmanHome('ember', 'another stick')
    const link = await home.line()
    const stick = new EmberStick(home, link)
    const first = await home.start(link)
    const meterId = home.devices.esme.deviceId
    home.esme().start()
    await first.takeIn(meterId)
    await first.stop()
    const { frameCounter } = stick.processor
    stick.end()
    const next = new EmberStick(home, link)
    const second = await home.start(link)
    expect(second.started).toBe('restored')
    expect(next.processor.network).toMatchObject({ panId: 0x1a62, channel: 15 })
    expect(next.processor.frameCounter).toBeGreaterThanOrEqual(frameCounter)
    const modelId = home.devices.esme.profile.identity.modelId
    expect(await endpointOf(second, meterId).read('genBasic', ['modelId'])).toEqual({ modelId })
  })
})
