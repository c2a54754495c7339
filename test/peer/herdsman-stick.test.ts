/** A coordinator stick that goes away, comes back, or never was one: what its driver, zigbee-herdsman, makes of it. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { HerdsmanDriver } from '../../src/host/herdsman/drivers.ts'
import { HerdsmanStick } from '../../src/host/herdsman/herdsman-stick.ts'
import type { StickReport } from '../../src/host/herdsman/stick-messages.ts'
import { parseLinkAddress } from '../../src/links/link-address.ts'
import { tcpListener } from '../../src/links/tcp.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { PromptRunClock } from '../../src/rig/clocks/prompt-run-clock.ts'
import { DongleHome } from '../../src/rig/dongles/dongle-home.ts'
import { ezsp } from '../../src/rig/dongles/ezsp.ts'
import { znp } from '../../src/rig/dongles/znp.ts'
import { fileDeps } from '../../src/rig/prepare.ts'
import { eventually } from '../helpers/eventually.ts'
import { TcpRelay } from '../helpers/tcp-relay.ts'

const network = { panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15, networkKey: '0f'.repeat(16) }
const HUB = '00db1234567890a1'

/** A driver told to form its network on whatever listens at a port, and what it reports. */
async function driverOf(port: number, driver: HerdsmanDriver = 'ember') {
  const reports: StickReport[] = []
  const stick = await HerdsmanStick.open({
    driver,
    link: `tcp://127.0.0.1:${port}`,
    onReport: report => reports.push(report),
    backOff: { firstMs: 5, mostMs: 20 },
  })
  onTestFinished(() => stick.close())
  stick.order({ do: 'form', network })
  const states = () => reports.flatMap(({ is }) => (is === 'up' || is === 'down' ? [is] : []))
  return { stick, reports, states }
}

/** A stick on a cable that can be cut. */
async function stickOnCable(kind = ezsp) {
  const link = await tcpListener({ host: '127.0.0.1', port: 0 })
  const [record] = loadRig('rigs/cb-dual-fuel.yaml', fileDeps).installations
  if (!record) throw new Error('no installation')
  const home = new DongleHome({
    ...{ record, kind, link, clock: new PromptRunClock(), seed: '1' },
    startUnixMs: 0,
    sink: () => {},
  })
  home.start()
  const address = parseLinkAddress(link.name)
  const cable = await TcpRelay.start(address.kind === 'tcp-listen' ? address.port : 0)
  onTestFinished(async () => {
    home.stop()
    await cable.close()
  })
  return { cable, dongle: home.dongle }
}

test.each([
  ['ember', ezsp],
  ['zstack', znp],
] as const)('a stick driven by %s runs the network it was told to', { timeout: 60_000 }, async (driver, kind) => {
  const { cable, dongle } = await stickOnCable(kind)
  const { states } = await driverOf(cable.port, driver)
  await eventually(() => expect(states()).toEqual(['up']))
  const { networkKey, ...rest } = network
  expect(dongle.processor?.network).toMatchObject({ ...rest, networkKey: { key: fromHex(networkKey) } })
})

test('a stick whose cable is cut is down, and up with the same network when that is mended', {
  timeout: 60_000,
}, async () => {
  const { cable } = await stickOnCable()
  const { stick, reports, states } = await driverOf(cable.port)
  await eventually(() => expect(states()).toEqual(['up']))
  cable.cut()
  await eventually(() => expect(states().slice(0, 2)).toEqual(['up', 'down']))
  stick.order({ do: 'send', id: 7, frame: { ...frame, address: 0x1234 } })
  expect(reports.at(-1)).toEqual({ is: 'sent', id: 7, outcome: 'no-ack' })
  cable.mend()
  await eventually(() => expect(reports.at(-1)).toEqual({ is: 'up', eui64: HUB }))
})

const frame = {
  ...{ device: '00db1234567890a3', profileId: 0x0104, clusterId: 0x0702, asdu: '00' },
  ...{ sourceEndpoint: 1, destinationEndpoint: 1 },
}

test('a stick that is not there is tried again until it is, and the reason is told once', {
  timeout: 60_000,
}, async () => {
  const { cable } = await stickOnCable()
  cable.cut()
  const { reports } = await driverOf(cable.port)
  await eventually(() => expect(reports.length).toBeGreaterThan(0))
  await new Promise(resolve => setTimeout(resolve, 500))
  expect(reports).toEqual([{ is: 'down', reason: expect.stringMatching(/\S/) }])
  cable.mend()
  await eventually(() => expect(reports.at(-1)).toEqual({ is: 'up', eui64: HUB }))
})

test('a line with nobody at its end is given up when the driver is closed', { timeout: 60_000 }, async () => {
  const nobody = createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address() as AddressInfo
  nobody.close()
  const { stick, reports } = await driverOf(port)
  await eventually(() => expect(reports.map(({ is }) => is)).toContain('down'))
  await stick.close()
  const told = reports.length
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(reports.length).toBe(told)
})

test('what speaks no EZSP keeps its driver from nothing but a start', { timeout: 60_000 }, async () => {
  const sockets = new Set<Socket>()
  const babbler = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    const babble = setInterval(() => socket.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n~~~~\x11\x13\x18')), 20)
    socket.once('close', () => clearInterval(babble))
  }).listen(0, '127.0.0.1')
  await once(babbler, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    babbler.close()
  })
  const { stick, states } = await driverOf((babbler.address() as AddressInfo).port)
  await new Promise(resolve => setTimeout(resolve, 2_000))
  expect(states()).not.toContain('up')
  // Its attempt is given up when it is closed, however far it got.
  await stick.close()
})
