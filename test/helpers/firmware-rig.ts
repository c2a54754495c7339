/** Rigs whose devices are behind what the list of combinations demands, with small images so that a test is quick. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { emulatedImage } from '../../src/firmware/emulated-image.ts'
import { testSigner } from '../../src/firmware/test-signing.ts'
import { type TestImage, testImage } from './firmware-image.ts'
import { DUAL_FUEL, temporaryFolder } from './migration.ts'
import { groupText } from './scripted-parties.ts'

type Plain = Record<string, unknown>

/** Each device of the dual-fuel rig, what it can be brought to, and the image that does it. */
const LATER = {
  CHF: { profile: 'honeywell-elster/s1ch/2.2.0', model: 'S1CH 2.2.0', imageType: 0x0100, fileVersion: 0x0202_0000 },
  ESME: {
    profile: 'honeywell-elster/as300p/1.5.0',
    model: 'AS300P 1.5.0',
    imageType: 0x0101,
    fileVersion: 0x0105_0000,
  },
  GSME: {
    profile: 'honeywell-elster/bk-g4e/3.1.0',
    model: 'BK-G4E 3.1.0',
    imageType: 0x0102,
    fileVersion: 0x0301_0000,
  },
  PPMID: { profile: 'generic/ppmid/1.2.0', model: 'PPMID 1.2.0', imageType: 0x0103, fileVersion: 0x0102_0000 },
} as const
type Behind = keyof typeof LATER

export interface FirmwareRigOptions {
  /** Which devices the list wants to be brought on. */
  behind: readonly Behind[]
  /** Of each image. */
  octets?: number
  /** Changes to the index. */
  index?: (image: Plain) => Plain
  /** Beside the index. */
  files?: Readonly<Record<string, Uint8Array>>
  /** Changes to the rig. */
  rig?: (rig: Plain) => Plain
  /** With frames on the air. */
  onAir?: boolean
}

/** The rig's path, and that of a Group file that demands the later firmware. */
export function firmwareRig({
  behind,
  octets = 3_000,
  index = one => one,
  files = {},
  rig = one => one,
  onAir = false,
}: FirmwareRigOptions) {
  const folder = temporaryFolder()
  for (const name of ['rigs', 'firmware-images']) mkdirSync(join(folder, name))
  const write = (name: string, value: Plain | string) => {
    const path = join(folder, name)
    writeFileSync(path, typeof value === 'string' ? value : stringify(value))
    return path
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'firmware-images', name), content)
  const images = Object.values(LATER).map(image => index(entryOf(image, octets)))
  write('firmware-images/index.yaml', { schema: 's1rig/firmware-images/1', images })
  const base = parse(readFileSync(DUAL_FUEL, 'utf8')) as { installations: Plain[] }
  const firmware = Object.values(LATER).map(({ profile }) => profile)
  const installations = base.installations.map(one => ({
    ...one,
    devices: (one.devices as Plain[]).map(device =>
      // The list has no later PPMID than that of the rig.
      device.type === 'PPMID' && behind.includes('PPMID') ? { ...device, profile: 'generic/ppmid/1.1.0' } : device,
    ),
    han: { ...(one.han as Plain), kind: onAir ? 'radio' : 'aps' },
  }))
  const rigFile = write(
    'rigs/behind.yaml',
    rig({ ...base, name: 'behind', group: '../group.yaml', firmware, installations }),
  )
  const demanded = behind.reduce((text, type) => {
    const version = LATER[type].profile.split('/').at(-1)
    return text.replaceAll(
      new RegExp(`(${type}: .* firmware: )\\[[^\\]]*\\](, upgradeTo: )"[^"]*"`, 'g'),
      `$1["${version}"]$2"${version}"`,
    )
  }, groupText())
  return { rig: rigFile, groupFile: write('group.yaml', demanded) }
}

const makerOf = (profile: string): number => (profile.startsWith('generic') ? 0x1236 : 0x1234)

/** The image that brings a device of such a rig on. */
export function laterImage(type: Behind, octets = 3_000): TestImage {
  const { profile, model, imageType, fileVersion } = LATER[type]
  const version = profile.split('/').at(-1) ?? ''
  const name = `${profile} ${type === 'CHF' ? 'hub' : 'application'}`
  return testImage({
    version,
    manufacturerCode: makerOf(profile),
    imageType,
    fileVersion,
    octets,
    name,
    headerString: model,
  })
}

function entryOf({ profile, model, imageType, fileVersion }: (typeof LATER)[Behind], octets: number): Plain {
  const identity = { manufacturerCode: makerOf(profile), imageType, fileVersion }
  const part = profile.includes('s1ch') ? 'hub' : 'application'
  const header = { ...identity, stackVersion: 2, headerString: model, name: `${profile} ${part}` }
  const hash = createHash('sha256')
  for (const piece of emulatedImage({ ...header, octets, signer: testSigner(1) })) hash.update(piece)
  return { profile, emulated: { octets }, ...identity, sha256: hash.digest('hex') }
}
