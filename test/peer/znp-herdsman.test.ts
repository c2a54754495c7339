/** zigbee-herdsman, unmodified, runs its network through our ZNP. */
import { expect, test } from 'vitest'
import { homeBehind } from './coordinator-stick.ts'
import { goesOn } from './goes-on-suite.ts'
import { STICK } from './herdsman-home.ts'
import { hasPrepayment, hasReported, showsNotices } from './host-talk.ts'
import { PRICE } from './smart-energy-clusters.ts'
import { ZnpStick } from './znp-stick.ts'

const TIME_OUT = { timeout: 180_000 }

goesOn('zstack', ZnpStick, { leavesOut: 1_001 })

test(
  'a home of meters and a display joins, is read, bound, reports, and is told prices and messages',
  TIME_OUT,
  async () => {
    const { home, stick, host } = await homeBehind('zstack', 'home', (at, line) => new ZnpStick(at, line))
    const { esme, gsme, ppmid } = home.devices
    const display = home.ppmid()
    for (const device of [home.esme(), home.gsme(), display]) device.start()
    await host.takeIn(esme.deviceId, gsme.deviceId, ppmid.deviceId)
    expect(host.failed).toEqual([])
    expect(host.device(gsme.deviceId).type).toBe('EndDevice')
    expect(host.device(esme.deviceId).type).toBe('Router')

    await hasPrepayment(host, esme.deviceId)
    await hasReported(host, esme.deviceId, 2)
    await showsNotices(host, ppmid.deviceId, () => display.shown)

    await host.device(ppmid.deviceId).removeFromNetwork()
    await home.time.until(() => stick.processor.addressOf(ppmid.deviceId) === undefined, 'the display has left')
    stick.expectHarmony()
    expect(home.complaints).toEqual([])
  },
)

test(
  'a Smart Energy endpoint talks to the endpoint of its profile; attributes are written; who leaves is told of',
  TIME_OUT,
  async () => {
    const { home, stick, host } = await homeBehind('zstack', 'smart energy', (at, line) => new ZnpStick(at, line))
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
    meter.addCustomCluster(PRICE.name, PRICE)
    const esi = { device: STICK, endpoint: 6 }
    home.time.kernel.after(0, 'ask', () => energy.send(esi, 'Price', 'GetCurrentPrice', { commandOptions: 1 }))
    await host.until(
      () => host.messages.some(({ type }) => type === 'commandGetCurrentPrice'),
      'the price is asked for',
    )

    // A farewell is said once and acknowledged by nobody: not into what else is on the air.
    await home.time.pass(2_000_000)
    home.time.kernel.after(0, 'leave', () => node.leave())
    await host.until(() => host.left.includes(METER), 'the meter has left')
    stick.expectHarmony()
    expect(home.complaints).toEqual([])
  },
)
