/** zigbee-herdsman, unmodified, runs its network through our ZNP. */
import { expect, test } from 'vitest'
import { HerdsmanHome, STICK } from './herdsman-home.ts'
import { MESSAGING, PREPAYMENT, PRICE } from './smart-energy-clusters.ts'
import { NO_TROUBLE, ZnpStick } from './znp-stick.ts'

const TIME_OUT = { timeout: 60_000 }

test('it commissions a stick, takes a meter in, and goes on with both after its own restart', TIME_OUT, async () => {
  const home = new HerdsmanHome('zstack', 'restart of the host')
  const link = await home.line()
  const stick = new ZnpStick(home, link)
  const first = await home.start(link)
  expect(first.started).toBe('reset')
  expect(stick.processor.network).toMatchObject({ panId: 0x1a62, channel: 15, extendedPanId: '0102030405060708' })
  const meter = home.devices.esme.deviceId
  home.esme().start()
  await first.takeIn(meter)
  await first.stop()
  const second = await home.start(link)
  expect(second.started).toBe('resumed')
  const { modelId } = home.devices.esme.profile.identity
  expect(second.device(meter).modelID).toBe(modelId)
  expect(await second.device(meter).getEndpoint(1)?.read('genBasic', ['modelId'])).toEqual({ modelId })
  expect([stick.dongle.counts, home.complaints]).toEqual([NO_TROUBLE, []])
})

test('a pulled stick, put back with what is in its flash, and its host go on', TIME_OUT, async () => {
  const home = new HerdsmanHome('zstack', 'restart of the stick')
  const [line, anotherLine] = [await home.line(), await home.line()]
  const stick = new ZnpStick(home, line)
  const first = await home.start(line)
  const meter = home.devices.esme.deviceId
  home.esme().start()
  await first.takeIn(meter)
  const { network } = stick.processor
  const memory = stick.pull()
  await first.until(() => first.disconnected, 'the host sees that the stick has gone', 5_000)
  await first.stop()
  const again = new ZnpStick(home, anotherLine, memory)
  const second = await home.start(anotherLine)
  expect([second.started, again.processor.network]).toEqual(['resumed', network])
  expect(await second.device(meter).getEndpoint(1)?.read('genBasic', ['zclVersion'])).toEqual({ zclVersion: 1 })
  expect(again.dongle.counts).toEqual(NO_TROUBLE)
})

test('its backup brings the network back onto a stick that has lost everything', TIME_OUT, async () => {
  const home = new HerdsmanHome('zstack', 'backup')
  const [line, anotherLine] = [await home.line(), await home.line()]
  const stick = new ZnpStick(home, line)
  const first = await home.start(line)
  const meter = home.devices.esme.deviceId
  home.esme().start()
  await first.takeIn(meter)
  await first.stop()
  const { network } = stick.processor
  const counted = stick.processor.frameCounter
  stick.pull()
  const empty = new ZnpStick(home, anotherLine)
  const second = await home.start(anotherLine)
  expect([second.started, empty.processor.network]).toEqual(['restored', network])
  // Beyond what the devices have seen of the old one.
  expect(empty.processor.frameCounter).toBeGreaterThan(counted + 1_000)
  expect(await second.device(meter).getEndpoint(1)?.read('genBasic', ['zclVersion'])).toEqual({ zclVersion: 1 })
  expect(empty.dongle.counts).toEqual(NO_TROUBLE)
})

test(
  'a home of meters and a display joins, is read, bound, reports, and is told prices and messages',
  TIME_OUT,
  async () => {
    const home = new HerdsmanHome('zstack', 'home')
    const link = await home.line()
    const stick = new ZnpStick(home, link)
    const host = await home.start(link)
    const { esme, gsme, ppmid } = home.devices
    if (!gsme || !ppmid) throw new Error('the rig lacks a device')
    const display = home.ppmid()
    for (const device of [home.esme(), home.gsme(), display]) device.start()
    await host.takeIn(esme.deviceId, gsme.deviceId, ppmid.deviceId)
    expect(host.failed).toEqual([])
    expect(host.device(gsme.deviceId).type).toBe('EndDevice')
    expect(host.device(esme.deviceId).type).toBe('Router')

    const meter = host.device(esme.deviceId)
    const endpoint = meter.getEndpoint(1)
    const { currentSummDelivered } = (await endpoint?.read('seMetering', ['currentSummDelivered'])) ?? {}
    expect(Number(currentSummDelivered)).toBeGreaterThan(0)
    meter.addCustomCluster('sePrepayment', PREPAYMENT)
    expect(await endpoint?.read(PREPAYMENT.ID, [0])).toEqual({ paymentControl: 0x0080 })

    const coordinator = host.controller.getDevicesByType('Coordinator')[0]?.getEndpoint(1)
    if (!coordinator) throw new Error('there is no coordinator')
    await endpoint?.bind('seMetering', coordinator)
    await endpoint?.configureReporting('seMetering', [
      { attribute: 'currentSummDelivered', minimumReportInterval: 1, maximumReportInterval: 20, reportableChange: 1 },
    ])
    const reports = () =>
      host.messages.filter(({ type, ieee }) => type === 'attributeReport' && ieee === meter.ieeeAddr)
    await host.until(() => reports().length >= 2, 'two reports')
    expect(reports()[0]).toMatchObject({ cluster: 'seMetering' })
    await endpoint?.unbind('seMetering', coordinator)

    const shown = host.device(ppmid.deviceId)
    shown.addCustomCluster('sePrice', PRICE)
    shown.addCustomCluster('seMessaging', MESSAGING)
    const when = { currentTime: 1_000, startTime: 900, minutes: 0xffff }
    const price = { providerId: 0, rateLabel: Buffer.from('Standard'), eventId: 1, unit: 0, currency: 826, ...when }
    const unused = { priceRatio: 0xff, generationPrice: 0xffffffff, generationPriceRatio: 0xff }
    const tell = (cluster: number, payload: Record<string, unknown>) =>
      shown.getEndpoint(1)?.commandResponse(cluster, 0, payload, { disableDefaultResponse: true })
    await tell(PRICE.ID, { ...price, digitsAndTier: 0x41, tiers: 0x11, price: 2_450, ...unused })
    await tell(MESSAGING.ID, { id: 7, control: 0, startTime: 0, minutes: 60, text: 'Hello' })
    await home.time.until(() => display.shown.message !== undefined, 'the display shows the message')
    expect(display.shown.price?.electricity).toEqual({ label: 'Standard', price: 2_450, digits: 4, currency: 826 })
    expect(display.shown.message).toEqual({ id: 7, text: 'Hello' })

    await host.device(ppmid.deviceId).removeFromNetwork()
    await home.time.until(() => stick.processor.addressOf(ppmid.deviceId) === undefined, 'the display has left')
    expect([stick.dongle.counts, home.complaints]).toEqual([NO_TROUBLE, []])
  },
)

test(
  'a Smart Energy endpoint talks to the endpoint of its profile; attributes are written; who leaves is told of',
  TIME_OUT,
  async () => {
    const home = new HerdsmanHome('zstack', 'smart energy')
    const link = await home.line()
    const stick = new ZnpStick(home, link)
    const host = await home.start(link)
    const METER = '00db1234567890e1'
    const { node, plain, energy } = home.open(METER)
    let written = ''
    plain.serve('Basic', {
      attributes: { ...home.basic, LocationDescription: () => written },
      writes: {
        LocationDescription: value => {
          written = value ?? ''
        },
      },
    })
    energy.serve('Metering', { attributes: { CurrentSummationDelivered: 4_711 } })
    energy.use('Price', {})
    node.join(new Uint8Array())
    await host.takeIn(METER)

    const meter = host.device(METER)
    await meter.getEndpoint(1)?.write('genBasic', { locationDesc: 'kitchen' })
    expect(written).toBe('kitchen')
    const values = await meter.getEndpoint(2)?.read('seMetering', ['currentSummDelivered'], { profileId: 0x0109 })
    expect(values).toEqual({ currentSummDelivered: 4_711 })
    meter.addCustomCluster('sePrice', PRICE)
    const esi = { device: STICK, endpoint: 6 }
    home.time.kernel.after(0, 'ask', () => energy.send(esi, 'Price', 'GetCurrentPrice', { commandOptions: 1 }))
    await host.until(
      () => host.messages.some(({ type }) => type === 'commandGetCurrentPrice'),
      'the price is asked for',
    )

    // A farewell is said once and acknowledged by nobody: not into what else is on the air.
    await home.time.pass(2_000_000)
    home.time.kernel.after(0, 'leave', () => node.leave())
    await host.until(() => host.left.includes(`0x${METER}`), 'the meter has left')
    expect([stick.dongle.counts, home.complaints]).toEqual([NO_TROUBLE, []])
  },
)
