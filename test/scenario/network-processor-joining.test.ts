/** Who gets onto the network of a network processor, and what its host is told of it. */
import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { linkKeyOfInstallCode } from '../../src/crypto/link-keys.ts'
import { LAMP, NETWORK, PLUG, ProcessorHome, REPORT, SENSOR, STICK } from '../helpers/processor-home.ts'
import { INSTALL_CODE } from '../helpers/zigbee-home.ts'

const OWN_KEY = linkKeyOfInstallCode(INSTALL_CODE)

describe('a network', () => {
  it('is formed as the host says, and told so once', () => {
    const home = new ProcessorHome()
    const stick = home.unformed()
    expect(stick.processor.network).toBeUndefined()
    expect(stick.processor.resume()).toBe(false)
    stick.processor.form(NETWORK)
    expect(stick.told).toEqual([])
    home.run(seconds(1))
    expect(stick.told).toEqual(['up'])
    expect(stick.processor.network).toEqual(NETWORK)
  })
})

describe('a device with the well-known key', () => {
  it('joins as a router, is told with the coordinator as its parent, and is heard', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    const { node } = home.joined(PLUG)
    const address = stick.processor.addressOf(PLUG) ?? 0
    expect(stick.arrivals).toEqual([{ device: PLUG, address, parent: 0, how: 'joined' }])
    expect(stick.processor.deviceAt(address)).toBe(PLUG)
    node.send(STICK, REPORT)
    home.run(seconds(1))
    expect(stick.messages).toMatchObject([
      { profileId: 0, clusterId: 0x0013, from: address, delivery: 'broadcast', device: PLUG },
      { profileId: 0x0104, clusterId: 6, from: address, delivery: 'unicast', device: PLUG, sourceEndpoint: 1 },
    ])
  })
  it('joins as a sleeper, and collects what it is sent', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    const { node, data } = home.joined(SENSOR, { role: 'sleepy-end-device' })
    const address = stick.processor.addressOf(SENSOR) ?? 0
    expect(stick.arrivals).toEqual([{ device: SENSOR, address, parent: 0, how: 'joined' }])
    expect(home.send(stick, address, { meanwhile: () => node.poll() })).toBe('delivered')
    expect(data).toEqual(['010702'])
    expect(home.send(stick, address)).toBe('expired')
  })
  it('joins behind a router, and is told with the router as its parent', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    home.joined(PLUG)
    home.openRouters(stick)
    home.apart(STICK, SENSOR)
    const { node } = home.joined(SENSOR, { role: 'sleepy-end-device' })
    const { processor } = stick
    const [address, parent] = [processor.addressOf(SENSOR) ?? 0, processor.addressOf(PLUG) ?? 0]
    expect(stick.arrivals.at(-1)).toEqual({ device: SENSOR, address, parent, how: 'joined' })
    expect(home.send(stick, address, { meanwhile: () => node.poll() })).toBe('delivered')
  })
})

describe('a device stays outside', () => {
  it('while the door is closed', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    stick.processor.permitJoining(0)
    const plug = home.device(PLUG)
    home.join(plug)
    stick.processor.permitJoining(5)
    home.run(seconds(6))
    home.join(plug)
    expect(plug.told).toEqual(['no-network', 'no-network'])
    expect(stick.arrivals).toEqual([])
    stick.processor.permitJoining(255)
    home.run(seconds(1_000))
    home.join(plug)
    expect(plug.told.at(-1)).toBe('joined')
  })
  it('with another key than the host allows', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    const plug = home.device(PLUG, { key: OWN_KEY })
    home.join(plug)
    expect(plug.told).toEqual(['no-key'])
    expect(stick.messages).toEqual([])
    stick.processor.allowKey({ device: PLUG, key: OWN_KEY })
    home.join(plug)
    expect(plug.told).toEqual(['no-key', 'joined'])
  })
  it('when the host has taken its key back, and is not told of', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    stick.processor.forgetKeys('any')
    stick.processor.allowKey({ device: LAMP, key: OWN_KEY })
    const plug = home.device(PLUG)
    home.join(plug)
    expect(plug.told).toEqual(['no-key'])
    expect(stick.told).toEqual(['up'])
    home.joined(LAMP, { key: OWN_KEY })
    stick.processor.forgetKeys()
    const sensor = home.device(SENSOR)
    home.join(sensor)
    expect(sensor.told).toEqual(['no-key'])
  })
})
