/** What holds for every stick that `s1rig dongle` emulates: zigbee-herdsman, unmodified, lives with the home behind it. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DongleKind } from '../../src/rig/dongles/dongle.ts'
import { DONGLES, type DongleProtocol } from '../../src/rig/dongles/dongles.ts'
import { start } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { needsTerminal } from '../helpers/serialport.ts'
import { type Herdsman, type HerdsmanOptions, openHerdsman } from './herdsman.ts'
import { hasPrepayment, hasReported } from './host-talk.ts'

const RIG = 'rigs/cb-seven-devices.yaml'
export const ID = {
  esme: '00db1234567890a3',
  gsme: '00db1234567890a4',
  ppmid: '00db1234567890a5',
  ihd: '00db1234567890a6',
  cad: '00db1234567890a7',
} as const
/** A sleeper's interview alone takes a quarter of a minute. */
const LONG = { timeout: 180_000 }

export function livesWithAHome(protocol: DongleProtocol): void {
  const { adapter, coordinator }: DongleKind = DONGLES[protocol]
  /** The command, and where it says that a host finds its stick. */
  const stick = async (...args: string[]) => {
    const listen = args.includes('--listen') ? [] : ['--listen', 'tcp://127.0.0.1:0']
    const running = start(['dongle', RIG, '--protocol', protocol, ...listen, ...args])
    const [, path = ''] = await running.says(
      args.includes('--json') ? /"serial":\{"port":"([^"]+)"/ : /serialPort: \{ path: '([^']+)'/,
    )
    return { ...running, path }
  }
  const open = (path: string, options: Partial<HerdsmanOptions> = {}) =>
    openHerdsman({ adapter, path, folder: temporaryFolder(), ...options })

  describe(`a home behind a stick of ${protocol}`, () => {
    test('is found and interviewed device by device once joining is permitted', LONG, async () => {
      const { path } = await stick()
      const host = await open(path)
      await host.interviewAll(Object.values(ID))
      expect(host.failed).toEqual([])
      const meter = host.device(ID.esme)
      expect(meter).toMatchObject({ manufacturerName: 'Honeywell Elster', modelID: 'AS300P', type: 'Router' })
      expect(meter.powerSource).toBe('Mains (single phase)')
      expect(meter.getEndpoint(1)).toMatchObject({ profileID: 0x0104, deviceID: 0x0501 })
      expect(host.device(ID.gsme)).toMatchObject({ modelID: 'BK-G4E', type: 'EndDevice', powerSource: 'Battery' })
      const { currentSummDelivered } = await host.endpoint(ID.gsme).read('seMetering', ['currentSummDelivered'])
      expect(Number(currentSummDelivered)).toBeGreaterThan(0)
    })

    test('is read and written, binds, reports, and has clusters that the host does not know', LONG, async () => {
      const { path } = await stick()
      const host = await open(path)
      await host.interviewAll([ID.esme, ID.ppmid])
      const meter = host.endpoint(ID.esme)
      const set = 800_000_000
      await meter.write('genTime', { time: set })
      const { time } = await meter.read('genTime', ['time'])
      expect(Number(time) - set).toBeLessThan(30)
      await expect(meter.write('genBasic', { locationDesc: 'hall' })).rejects.toThrow(/UNSUPPORTED_ATTRIBUTE/)

      await hasReported(host, ID.esme, 2)
      await hasPrepayment(host, ID.esme)
    })

    test('is as it was for a host that restarts; a second host at a time is turned away', LONG, async () => {
      const { path, says } = await stick()
      const folder = temporaryFolder()
      const first = await open(path, { folder })
      await first.interviewAll([ID.esme])
      const before = await registerAt(first)
      expect(await toldTo(path)).toBe('')
      await says(/was turned away: the line is in use/)
      expect(await registerAt(first)).toBeGreaterThanOrEqual(before)
      await first.stop()
      await says(/the host has gone/)
      const second = await open(path, { folder })
      // Others may have been on their way in when the host restarted.
      expect(second.joined.filter(device => first.joined.includes(device))).toEqual([])
      expect(await registerAt(second)).toBeGreaterThanOrEqual(before)
    })

    test('stands at a pseudo terminal as at a serial device', LONG, async context => {
      await needsTerminal(context)
      const { path } = await stick('--listen', `pty:${join(temporaryFolder(), 'stick')}`)
      await eventually(() => expect(existsSync(path)).toBe(true))
      const host = await open(path)
      await host.interviewAll([ID.esme])
      expect(await registerAt(host)).toBeGreaterThan(0)
    })

    test('goes on where it was when the daemon is killed: keys, counters, registers', LONG, async () => {
      const [state, folder] = [temporaryFolder(), temporaryFolder()]
      const first = await stick('--state', state)
      const host = await open(first.path, { folder })
      await host.interviewAll([ID.esme, ID.ppmid])
      const before = await registerAt(host)
      await host.controller.permitJoin(0)
      await host.stop()
      first.child.kill('SIGKILL')
      await first.ended
      const second = await stick('--state', state)
      const again = await open(second.path, { folder })
      // The meter announces itself as it comes back, perhaps before this host listens.
      await eventually(async () => expect(await registerAt(again)).toBeGreaterThanOrEqual(before), 60_000)
      // A sleeper's interview may not have been over.
      expect([...again.interviewed].filter(device => host.interviewed.has(device))).toEqual([])
    })

    test('that has joined already finds a host configured as people are told', LONG, async () => {
      const { path, says } = await stick('--joined', '--json')
      const [, told = ''] = await says(/^(\{"type":"dongle".*\})$/m)
      const { network } = JSON.parse(told)
      const host = await open(path, {
        network: {
          panID: network.panId,
          extendedPanID: network.extendedPanId,
          channelList: [network.channel],
          networkKey: network.networkKey,
        },
      })
      expect(host.started).toBe(coordinator === undefined ? 'resumed' : 'reset')
      const both = () => host.interviewed.has(ID.esme) && host.interviewed.has(ID.cad)
      await host.until(both, 'interviewed')
      expect(await registerAt(host)).toBeGreaterThan(0)
    })
  })
}

async function registerAt(host: Herdsman): Promise<number> {
  const { currentSummDelivered } = await host.endpoint(ID.esme).read('seMetering', ['currentSummDelivered'])
  return Number(currentSummDelivered)
}

/** Everything that another host on the same line is told before it is turned away. */
async function toldTo(path: string): Promise<string> {
  const { hostname, port } = new URL(path)
  const another = connect(Number(port), hostname)
  let told = ''
  another.on('data', octets => {
    told += octets.toString('latin1')
  })
  await once(another, 'close')
  return told
}
