/** zigbee-herdsman, unmodified, opens the emulated home as if it were a USB stick, through `s1rig dongle` over ZNP. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { start } from '../helpers/cli.ts'
import { openHerdsman } from './herdsman.ts'

const RIG = 'rigs/cb-seven-devices.yaml'
const METER = '00db1234567890a3'
const AWAKE = [METER, '00db1234567890a5', '00db1234567890a6', '00db1234567890a7']

test('a host starts, permits joining and interviews the devices of the home', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-znp-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const running = start(['dongle', RIG, '--protocol', 'znp', '--listen', 'tcp://127.0.0.1:0'])
  const [, path = ''] = await running.says(/znp stick on (tcp:\S+)/)
  const host = await openHerdsman({ adapter: 'zstack', path, folder })
  await host.interviewAll(AWAKE)
  expect(host.device(METER)).toMatchObject({ manufacturerName: 'Honeywell Elster', modelID: 'AS300P', type: 'Router' })
  expect(host.complaints).toEqual([])
})
