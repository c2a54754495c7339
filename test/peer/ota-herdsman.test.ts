/** zigbee-herdsman, unmodified, upgrades emulated devices through a stick of ours with its own OTA routine, from files we built. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { start } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { BECOMES, ID, LATER, otaImage } from '../helpers/ota-home.ts'
import { type Herdsman, openHerdsman } from './herdsman.ts'

const LONG = { timeout: 240_000 }
/** How it asks for the image, and how fast it answers. */
const PACE = { requestTimeout: 60_000, responseDelay: 0, baseSize: 50 }
const OCTETS = 1_000

/** The rig of seven devices, which may be upgraded, and are quickly back. */
function quickRig(): string {
  const folder = temporaryFolder()
  cpSync('firmware-profiles', join(folder, 'firmware-profiles'), { recursive: true })
  for (const profile of ['honeywell-elster/as300p/1.4.2', 'honeywell-elster/bk-g4e/3.0.1']) {
    const file = join(folder, 'firmware-profiles', `${profile}.yaml`)
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(
        '\nota:\n',
        '\nota:\n  bootS: { value: 2, source: assumed }\n  blockDelayMs: { value: 50, source: assumed }\n',
      ),
    )
  }
  cpSync('rigs', join(folder, 'rigs'), { recursive: true })
  const rig = join(folder, 'rigs/cb-seven-devices.yaml')
  const text = readFileSync(rig, 'utf8')
  writeFileSync(rig, text.replace('\ninstallations:\n', `\nfirmware: [${BECOMES}]\ninstallations:\n`))
  return rig
}

async function homeOfHerdsman(...devices: string[]): Promise<{ host: Herdsman; folder: string }> {
  const running = start(['dongle', quickRig(), '--protocol', 'ezsp', '--listen', 'tcp://127.0.0.1:0'])
  const [, path = ''] = await running.says(/serialPort: \{ path: '([^']+)'/)
  const folder = temporaryFolder()
  const host = await openHerdsman({ adapter: 'ember', path, folder })
  await host.interviewAll(devices)
  return { host, folder }
}

const version = async (host: Herdsman, device: string) => {
  const { swBuildId } = await host.endpoint(device).read('genBasic', ['swBuildId'])
  return swBuildId
}
const upgrade = (host: Herdsman, device: string, url: string, onProgress: (percent: number) => void = () => {}) =>
  host.device(device).updateOta({ url }, undefined, undefined, {}, onProgress, { ...PACE })

describe('zigbee-herdsman as coordinator', () => {
  test('upgrades a meter, which is another from then on; a file that was changed it does not run', LONG, async () => {
    const { host, folder } = await homeOfHerdsman(ID.ESME)
    const good = otaImage({ ...LATER.esme, octets: OCTETS })
    const [file, spoilt] = [join(folder, 'meter.ota'), join(folder, 'spoilt.ota')]
    writeFileSync(file, good)
    writeFileSync(spoilt, good.with(700, (good[700] ?? 0) ^ 1))
    expect(await version(host, ID.ESME)).toBe('1.4.2')
    await expect(upgrade(host, ID.ESME, spoilt)).rejects.toThrow(/INVALID_IMAGE/)
    expect(await version(host, ID.ESME)).toBe('1.4.2')
    const told: number[] = []
    const [from, to] = await upgrade(host, ID.ESME, file, percent => void told.push(percent))
    expect([from.fileVersion, to?.fileVersion]).toEqual([0x0104_0200, 0x0105_0000])
    expect(told.at(-1)).toBe(100)
    await eventually(async () => expect(await version(host, ID.ESME)).toBe('1.5.0'), 60_000)
    await expect(upgrade(host, ID.ESME, file)).resolves.toEqual([
      expect.objectContaining({ fileVersion: 0x0105_0000 }),
      undefined,
    ])
  })

  test('upgrades a gas meter, which sleeps', LONG, async () => {
    const { host, folder } = await homeOfHerdsman(ID.GSME)
    const file = join(folder, 'gas.ota')
    writeFileSync(file, otaImage({ ...LATER.gsme, octets: OCTETS }))
    const [, to] = await upgrade(host, ID.GSME, file)
    expect(to?.fileVersion).toBe(0x0301_0000)
    await eventually(async () => expect(await version(host, ID.GSME)).toBe('3.1.0'), 60_000)
  })
})
