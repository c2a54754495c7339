/** A device that holds the network key and means ill: its frames are counted or ignored, and keep nobody else out. */
import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { LAMP, OF_DEVICE_OBJECT, PLUG, ProcessorHome, SENSOR, STICK } from '../helpers/processor-home.ts'

/** More than any table of the stick holds. */
const MANY = 1_200
const inventedName = (n: number) => `66${n.toString(16).padStart(14, '0')}`

function household() {
  const home = new ProcessorHome('ill will')
  const stick = home.stick()
  const { nwk, aps } = home.joined(PLUG).node.layers
  const dice = home.kernel.random.stream('ill will')
  return { home, stick, nwk, aps, dice }
}

describe('a device that means ill', () => {
  it('sends octets that are no frames, and the stick goes on', () => {
    const { home, stick, nwk, dice } = household()
    for (let sent = 0; sent < 2_000; sent++) {
      nwk.send(0, dice.bytes(1 + dice.int(80)))
      if (sent % 20 === 0) home.run(seconds(0.5))
    }
    home.run(seconds(5))
    home.joined(LAMP)
    expect(home.send(stick, stick.processor.addressOf(LAMP) ?? 0)).toBe('delivered')
  })
  it('sends nonsense to the device object, of every cluster, to one and to all', () => {
    const { home, stick, nwk, dice } = household()
    for (let clusterId = 0; clusterId < 0x40; clusterId++) {
      for (const response of [0, 0x8000]) {
        for (const delivery of ['unicast', 'broadcast'] as const) {
          const header = { type: 'data', delivery, ackRequest: false, ...OF_DEVICE_OBJECT } as const
          const counter = dice.int(256)
          const apdu = encodeAps({ ...header, clusterId: clusterId | response, counter }, dice.bytes(dice.int(40)))
          if (delivery === 'unicast') nwk.send(0, apdu)
          else nwk.broadcast(0xffff, apdu)
          home.run(seconds(0.2))
        }
      }
    }
    home.run(seconds(20))
    stick.processor.permitJoining(60)
    home.joined(LAMP)
    expect(home.ask(stick, 0, 0x0005, 0, 0)).toBe('0: 0000000101')
  })
  it('tells of devices that are not there, more than there is room for: those that are there stay, and others may come', () => {
    const { home, stick, nwk, aps } = household()
    home.joined(LAMP)
    const status = 'unsecured join'
    for (let n = 0; n < MANY; n++) {
      const command = { name: 'UpdateDevice', device: inventedName(n), address: 1 + n * 7, status } as const
      aps.sendCommand(0, STICK, command, { key: 'none' })
      if (n % 20 === 0) home.run(seconds(1))
    }
    for (const address of [0, 0xfff8, 0xffff, nwk.address]) {
      for (const device of [STICK, 'ffffffffffffffff', '0000000000000000']) {
        aps.sendCommand(0, STICK, { name: 'UpdateDevice', device, address, status }, { key: 'none' })
      }
    }
    home.run(seconds(30))
    stick.processor.permitJoining(60)
    home.joined(SENSOR)
    expect(stick.arrivals.length).toBeGreaterThan(MANY)
    const memory = stick.processor.memory()
    expect(memory.trust.residents.length).toBeLessThanOrEqual(512)
    expect(memory.trust.centre.listed.length).toBeLessThanOrEqual(512)
    expect(memory.linkKeys.keys.length).toBeLessThanOrEqual(512)
    expect(memory.trust.centre.parents.length).toBeLessThanOrEqual(1_024)
    expect(memory.trust.residents.map(([device]) => device)).toEqual(expect.arrayContaining([PLUG, LAMP, SENSOR]))
    expect(stick.processor.network).toBeDefined()
    expect(stick.told).not.toContain(`gone: ${LAMP}`)
    expect(home.send(stick, stick.processor.addressOf(LAMP) ?? 0)).toBe('delivered')
  })
  it('cannot ask for the link key of another', () => {
    const { home, stick, aps } = household()
    const lamp = home.joined(LAMP)
    lamp.node.heard.length = 0
    const hash = new Uint8Array(16)
    aps.sendCommand(0, STICK, { name: 'VerifyKey', keyType: 'trust-centre-link', source: LAMP, hash }, { key: 'none' })
    aps.sendCommand(0, STICK, { name: 'RequestKey', keyType: 'application-link', partner: STICK }, { key: 'data' })
    home.run(seconds(5))
    expect(lamp.node.heard).toEqual([])
    const keys = stick.processor.memory().linkKeys.keys
    expect(keys.map(({ state }) => state)).toEqual(['preconfigured', 'preconfigured'])
  })
})
