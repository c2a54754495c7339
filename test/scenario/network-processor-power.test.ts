/** A network processor that loses power goes on where it was. */
import { expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { verifyKeyHash } from '../../src/crypto/link-keys.ts'
import { LAMP, NETWORK, PLUG, ProcessorHome, REPORT, SENSOR, STICK } from '../helpers/processor-home.ts'

const LATE = '00124b00000000d1'

function household() {
  const home = new ProcessorHome()
  const stick = home.stick()
  const plug = home.joined(PLUG)
  home.openRouters(stick)
  const sensor = home.joined(SENSOR, { role: 'sleepy-end-device' })
  home.apart(STICK, LAMP)
  const lamp = home.joined(LAMP)
  home.run(seconds(5))
  return { home, stick, plug, sensor, lamp }
}

it('network, keys, addresses and children are there again, and everybody is reached', () => {
  const { home, stick, plug, sensor, lamp } = household()
  const { processor } = stick
  const addresses = [PLUG, SENSOR, LAMP].map(device => processor.addressOf(device) ?? 0)
  const again = home.unformed(stick.cut())
  expect(again.processor.network).toBeUndefined()
  expect(again.processor.resume()).toBe(true)
  expect(again.processor.resume()).toBe(false)
  home.run(seconds(1))
  expect(again.told).toEqual(['up'])
  expect(again.processor.network).toEqual(NETWORK)
  expect([PLUG, SENSOR, LAMP].map(device => again.processor.addressOf(device))).toEqual(addresses)
  for (const address of addresses) {
    expect(home.send(again, address, { meanwhile: () => sensor.node.poll() })).toBe('delivered')
  }
  for (const { node } of [plug, sensor, lamp]) node.send(STICK, REPORT)
  home.run(seconds(2))
  const heard = again.messages.filter(({ clusterId }) => clusterId === REPORT.clusterId)
  expect(heard.map(({ device }) => device).sort()).toEqual([PLUG, LAMP, SENSOR].sort())
  expect(again.told).toEqual(['up'])
})

it('a device whose power comes back says where it is, and is reached', () => {
  const { home, stick, plug } = household()
  const address = stick.processor.addressOf(PLUG) ?? 0
  const memory = plug.cut()
  stick.messages.length = 0
  expect(home.send(stick, address)).toBe('no-ack')
  const back = home.device(PLUG, { memory })
  home.join(back)
  expect(back.told).toEqual(['joined'])
  home.run(seconds(1))
  const announcements = stick.messages.filter(({ clusterId }) => clusterId === 0x0013)
  expect(announcements).toMatchObject([{ profileId: 0, from: address, delivery: 'broadcast', device: PLUG }])
  expect(home.send(stick, address)).toBe('delivered')
})

it('frame counters never go back, whatever was sent after the last memory', () => {
  const { home, stick } = household()
  const memory = stick.processor.memory()
  for (let sent = 0; sent < 50; sent++) home.send(stick, stick.processor.addressOf(PLUG) ?? 0)
  const reached = stick.processor.frameCounter
  stick.cut()
  const again = home.unformed(memory)
  again.processor.resume()
  expect(again.processor.frameCounter).toBeGreaterThan(reached)
  // Nor where the host forms the network again, or there is none to come back to.
  const anew = home.unformed(again.cut())
  anew.processor.form(NETWORK)
  expect(anew.processor.frameCounter).toBeGreaterThan(again.processor.frameCounter)
  anew.processor.permitJoining(60)
  home.joined(LATE)
  anew.processor.leave()
  home.run(seconds(1))
  const { linkKeys } = anew.processor.memory()
  expect(linkKeys).toMatchObject({ keys: [], floor: expect.any(Number) })
  const last = home.unformed(anew.cut())
  expect(last.processor.resume()).toBe(false)
  expect(last.processor.memory().linkKeys).toEqual(linkKeys)
  expect(linkKeys.floor).toBeGreaterThan(0)
  expect(last.processor.frameCounter).toBeGreaterThan(anew.processor.frameCounter)
})

it('joining keys stay, and so does the link key a device has of its own', () => {
  const { home, stick, plug } = household()
  const { aps, linkKeys } = plug.node.layers
  aps.sendCommand(0, STICK, { name: 'RequestKey', keyType: 'trust-centre-link' }, { key: 'data' })
  home.run(seconds(1))
  const command = plug.node.heard.at(-1)
  const key = command?.name === 'TransportKey' ? command.key : new Uint8Array(16)
  linkKeys.succeed(STICK, key)
  const proof = { keyType: 'trust-centre-link', source: PLUG, hash: verifyKeyHash(key) } as const
  aps.sendCommand(0, STICK, { name: 'VerifyKey', ...proof }, { key: 'none' })
  home.run(seconds(1))
  const again = home.unformed(stick.cut())
  again.processor.resume()
  home.run(seconds(1))
  again.processor.remove(PLUG)
  home.until(() => plug.told.at(-1) === 'left')
  home.run(seconds(2))
  expect(again.told).toEqual(['up', `gone: ${PLUG}`])
  again.processor.permitJoining(60)
  home.join(plug)
  expect(plug.told.at(-1)).toBe('joined')
})
