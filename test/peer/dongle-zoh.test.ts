/** zigbee-herdsman, unmodified, opens the emulated home as if it were a USB stick, through `s1rig dongle` over Spinel. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { start } from '../helpers/cli.ts'
import { type Herdsman, openHerdsman } from './herdsman.ts'
import { PREPAYMENT } from './smart-energy-clusters.ts'
import { needs } from './strangers.ts'

const RIG = 'rigs/cb-seven-devices.yaml'
const ID = {
  esme: '00db1234567890a3',
  gsme: '00db1234567890a4',
  ppmid: '00db1234567890a5',
  ihd: '00db1234567890a6',
  cad: '00db1234567890a7',
} as const

function temporaryFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 's1rig-dongle-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** The command, and where it says that a host finds its stick. */
async function stick(...args: string[]) {
  const listen = args.includes('--listen') ? [] : ['--listen', 'tcp://127.0.0.1:0']
  const running = start(['dongle', RIG, '--protocol', 'spinel', ...listen, ...args])
  const [, path = ''] = await running.says(
    args.includes('--json') ? /"serial":\{"port":"([^"]+)"/ : /serialPort: \{ path: '([^']+)'/,
  )
  return { ...running, path }
}

const meterOf = (host: Herdsman) => {
  const endpoint = host.device(ID.esme).getEndpoint(1)
  if (!endpoint) throw new Error('the meter has no endpoint 1')
  return endpoint
}
/** Everything that another host on the same line is told before it is turned away. */
async function toldTo(path: string): Promise<string> {
  const { hostname, port } = new URL(path)
  const another = connect(Number(port), hostname)
  another.resume()
  let told = ''
  another.on('data', octets => {
    told += octets.toString('latin1')
  })
  await once(another, 'close')
  return told
}
async function registerAt(host: Herdsman): Promise<number> {
  const { currentSummDelivered } = await meterOf(host).read('seMetering', ['currentSummDelivered'])
  return Number(currentSummDelivered)
}

test('a host starts, permits joining and interviews every device of the home', { timeout: 90_000 }, async () => {
  const { path } = await stick()
  const host = await openHerdsman({ adapter: 'zoh', path, folder: temporaryFolder() })
  await host.interviewAll(Object.values(ID))
  expect(host.failed).toEqual([])
  const meter = host.device(ID.esme)
  expect(meter).toMatchObject({ manufacturerName: 'Honeywell Elster', modelID: 'AS300P', type: 'Router' })
  expect(meter.powerSource).toBe('Mains (single phase)')
  expect(meter.getEndpoint(1)).toMatchObject({ profileID: 0x0104, deviceID: 0x0501 })
  expect(host.device(ID.gsme)).toMatchObject({ modelID: 'BK-G4E', type: 'EndDevice', powerSource: 'Battery' })
  const { currentSummDelivered } = (await host.device(ID.gsme).getEndpoint(1)?.read('seMetering', [0])) ?? {}
  expect(Number(currentSummDelivered)).toBeGreaterThan(0)
})

test('it reads, writes, binds, has values reported and reads clusters of its own', { timeout: 90_000 }, async () => {
  const { path } = await stick()
  const host = await openHerdsman({ adapter: 'zoh', path, folder: temporaryFolder() })
  await host.interviewAll([ID.esme, ID.ppmid])
  const meter = meterOf(host)
  const before = await registerAt(host)
  expect(before).toBeGreaterThan(0)

  const set = 800_000_000
  await meter.write('genTime', { time: set })
  const { time } = await meter.read('genTime', ['time'])
  expect(Number(time) - set).toBeLessThan(30)
  await expect(meter.write('genBasic', { locationDesc: 'hall' })).rejects.toThrow(/UNSUPPORTED_ATTRIBUTE/)

  const [coordinator] = host.controller.getDevicesByType('Coordinator')
  const here = coordinator?.getEndpoint(1)
  if (!here) throw new Error('the host has no endpoint')
  await meter.bind('seMetering', here)
  await meter.configureReporting('seMetering', [
    { attribute: 'currentSummDelivered', minimumReportInterval: 1, maximumReportInterval: 2, reportableChange: 1 },
  ])
  const reports = () => host.messages.filter(({ type }) => type === 'attributeReport')
  await host.until(() => reports().length >= 2, 'two reports')
  expect(reports()[0]).toMatchObject({ cluster: 'seMetering', device: host.device(ID.esme) })
  expect(Number(Object(reports()[0]?.data).currentSummDelivered)).toBeGreaterThanOrEqual(before)

  host.device(ID.esme).addCustomCluster('sePrepayment', PREPAYMENT)
  expect(await meter.read(PREPAYMENT.ID, [0])).toEqual({ paymentControl: 0x0080 })
})

test('a host that restarts finds its home as it left it; a second one at a time is turned away', {
  timeout: 90_000,
}, async () => {
  const { path, says } = await stick()
  const folder = temporaryFolder()
  const first = await openHerdsman({ adapter: 'zoh', path, folder })
  await first.interviewAll([ID.esme])
  const before = await registerAt(first)
  expect(await toldTo(path)).toBe('')
  await says(/was turned away: the line is in use/)
  expect(await registerAt(first)).toBeGreaterThanOrEqual(before)
  await first.stop()
  await says(/the host has gone/)
  const second = await openHerdsman({ adapter: 'zoh', path, folder })
  expect(second.joined).toEqual([])
  expect(await registerAt(second)).toBeGreaterThanOrEqual(before)
})

test('a pseudo terminal serves a host as a serial device does', { timeout: 90_000 }, async context => {
  needs(context, 'socat')
  const { path } = await stick('--listen', `pty:${join(temporaryFolder(), 'stick')}`)
  const host = await openHerdsman({ adapter: 'zoh', path, folder: temporaryFolder() })
  await host.interviewAll([ID.esme])
  expect(await registerAt(host)).toBeGreaterThan(0)
})

test('a daemon that is killed and started anew goes on where it was: home, keys, counters, registers', {
  timeout: 90_000,
}, async () => {
  const [state, folder] = [temporaryFolder(), temporaryFolder()]
  const first = await stick('--state', state)
  const host = await openHerdsman({ adapter: 'zoh', path: first.path, folder })
  await host.interviewAll([ID.esme, ID.ppmid])
  const before = await registerAt(host)
  await host.controller.permitJoin(0)
  await host.stop()
  first.child.kill('SIGKILL')
  await first.ended
  const second = await stick('--state', state)
  const again = await openHerdsman({ adapter: 'zoh', path: second.path, folder })
  await again.until(() => again.announced.includes(ID.esme), 'the meter is back')
  expect(await registerAt(again)).toBeGreaterThanOrEqual(before)
  expect(again.interviewed).toEqual([])
})

test('devices that have joined already look for a host that is configured as they were told', {
  timeout: 90_000,
}, async () => {
  const { path, says } = await stick('--joined', '--json')
  const [, told = ''] = await says(/^(\{"type":"dongle".*\})$/m)
  const { network } = JSON.parse(told)
  const host = await openHerdsman({
    ...{ adapter: 'zoh', path, folder: temporaryFolder() },
    network: {
      panID: network.panId,
      extendedPanID: network.extendedPanId,
      channelList: [network.channel],
      networkKey: network.networkKey,
    },
  })
  await host.until(() => host.interviewed.includes(ID.esme) && host.interviewed.includes(ID.cad), 'interviewed', 60_000)
  expect(await registerAt(host)).toBeGreaterThan(0)
})
