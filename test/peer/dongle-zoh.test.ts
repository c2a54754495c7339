/** zigbee-herdsman, unmodified, opens the emulated home as if it were a USB stick, through `s1rig dongle` over Spinel. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { start } from '../helpers/cli.ts'
import { openHerdsman } from './herdsman.ts'

const RIG = 'rigs/cb-seven-devices.yaml'
const ID = {
  esme: '00db1234567890a3',
  gsme: '00db1234567890a4',
  ppmid: '00db1234567890a5',
  ihd: '00db1234567890a6',
  cad: '00db1234567890a7',
} as const
const AWAKE = [ID.esme, ID.ppmid, ID.ihd, ID.cad]

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 's1rig-dongle-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

async function stick(...args: string[]): Promise<{ path: string; running: ReturnType<typeof start> }> {
  const running = start(['dongle', RIG, '--protocol', 'spinel', '--listen', 'tcp://127.0.0.1:0', ...args])
  const [, path = ''] = await running.says(/spinel stick on (tcp:\S+)/)
  return { path, running }
}

test('a host starts, permits joining and interviews the devices of the home', { timeout: 60_000 }, async () => {
  const { path } = await stick()
  const host = await openHerdsman({ adapter: 'zoh', path, folder: folder() })
  await host.interviewAll(AWAKE)
  const meter = host.device(ID.esme)
  expect(meter).toMatchObject({ manufacturerName: 'Honeywell Elster', modelID: 'AS300P', type: 'Router' })
  expect(meter.powerSource).toBe('Mains (single phase)')
  expect(meter.getEndpoint(1)).toMatchObject({ profileID: 0x0104, deviceID: 0x0501 })
})
