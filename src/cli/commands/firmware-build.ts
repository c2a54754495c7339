/** `s1rig firmware build`: a ZigBee OTA file around a payload, with an integrity code and signatures of the test signer. */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { UsageError } from '../../base/errors.ts'
import { type Eui64, parseEui64 } from '../../base/ids.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import { guarded } from '../../evidence/writing.ts'
import { diskPieces, type FilePieces } from '../../firmware/disk-pieces.ts'
import { buildOta, plannedOctets } from '../../firmware/ota-builder.ts'
import { TAG } from '../../firmware/ota-elements.ts'
import { HEADER_STRING_OCTETS } from '../../firmware/ota-header.ts'
import { testSigner } from '../../firmware/test-signing.ts'
import { jsonOption, option } from '../options.ts'

interface BuildOptions {
  manufacturer: number
  type: number
  fileVersion: number
  stack: number
  text: string
  hardware?: { minimum: number; maximum: number }
  credential?: number
  destination?: Eui64
  payload: string
  sign?: readonly CryptoSuite[]
  integrity: boolean
  out: string
  force?: boolean
  json?: boolean
}

export function firmwareBuildCommand(): Command {
  return new Command('build')
    .description('a ZigBee OTA file around a payload; nothing is overwritten without --force')
    .addOption(option('--manufacturer <code>', 'e.g. 0x121d').argParser(code(0xffff)).makeOptionMandatory())
    .addOption(option('--type <code>', 'image type').argParser(code(0xffff)).makeOptionMandatory())
    .addOption(option('--file-version <code>', 'e.g. 0x03010000').argParser(code(0xffff_ffff)).makeOptionMandatory())
    .addOption(option('--stack <code>', 'stack version; 2 is ZigBee PRO').argParser(code(0xffff)).default(2))
    .addOption(
      option('--text <text>', 'header string, at most 32 ASCII characters').argParser(headerString).default(''),
    )
    .addOption(option('--hardware <lowest-highest>', 'hardware versions it is for, e.g. 1-3').argParser(hardwareRange))
    .addOption(option('--credential <code>', 'security credential version').argParser(code(0xff)))
    .addOption(option('--destination <eui64>', 'the one device it is for').argParser(destinationOf))
    .addOption(option('--payload <file>', 'what the device is to run').makeOptionMandatory())
    .addOption(option('--sign <suite>', 'signed by the test signer in suite 1, 2 or both').argParser(suitesOf))
    .addOption(option('--no-integrity', 'leave the integrity code out'))
    .addOption(option('--out <file>', 'where to write it').makeOptionMandatory())
    .addOption(option('--force', 'overwrite a file that is there'))
    .addOption(jsonOption())
    .action(build)
}

function build(options: BuildOptions): void {
  const { manufacturer, type, fileVersion, stack, text, hardware, credential, destination, out } = options
  const payload = diskPieces(options.payload)
  if (!payload) throw new UsageError(`--payload ${options.payload}: expected a file that can be read, found none`)
  if (existsSync(out) && !options.force) throw new UsageError(`${out} is there already; --force overwrites it`)
  const plan = {
    ...{ manufacturerCode: manufacturer, imageType: type, fileVersion, stackVersion: stack, headerString: text },
    ...(credential !== undefined && { securityCredentialVersion: credential }),
    ...(destination !== undefined && { destination }),
    ...(hardware && { hardwareVersions: hardware }),
    elements: [{ tag: TAG.upgradeImage, length: payload.length, pieces: unchanging(options.payload, payload) }],
    integrityCode: options.integrity,
    signers: (options.sign ?? []).map(suite => testSigner(suite)),
  }
  const octets = plannedOctets(plan)
  if (octets > 0xffff_ffff)
    throw new UsageError(`${options.payload}: ${payload.length} octets are more than an image takes`)
  const sha256 = write(out, buildOta(plan))
  if (options.json) console.log(JSON.stringify({ file: out, octets, sha256 }))
  else console.log(`${out}: ${octets} octets, sha-256 ${sha256}`)
}

/** A file that grows or shrinks while it is read would make a broken image. @throws UsageError */
function* unchanging(file: string, { length, pieces }: FilePieces): Generator<Uint8Array, void> {
  let read = 0
  for (const piece of pieces) {
    read += piece.length
    if (read > length) break
    yield piece
  }
  if (read !== length) throw new UsageError(`${file}: its length changed while it was read; build again`)
}

/** Beside its place first, so that what stands there is a whole image or none. */
function write(out: string, pieces: Iterable<Uint8Array>): string {
  const part = `${out}.part`
  const hash = createHash('sha256')
  const file = guarded(part, path => openSync(path, 'w'))
  try {
    for (const piece of pieces) {
      hash.update(piece)
      guarded(part, () => writeWhole(file, piece))
    }
  } catch (error) {
    closeSync(file)
    rmSync(part, { force: true })
    throw error
  }
  closeSync(file)
  guarded(out, path => renameSync(part, path))
  return hash.digest('hex')
}

function writeWhole(file: number, piece: Uint8Array): void {
  for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at)
}

const code = (greatest: number) => (text: string) => {
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : Number.NaN
  if (value <= greatest) return value
  throw new InvalidArgumentError(`a whole number 0 to 0x${greatest.toString(16)} expected.`)
}

function hardwareRange(text: string): { minimum: number; maximum: number } {
  const [lowest = '', highest = lowest, ...more] = text.split('-')
  const [minimum, maximum] = [code(0xffff)(lowest), code(0xffff)(highest)]
  if (more.length === 0 && minimum <= maximum) return { minimum, maximum }
  throw new InvalidArgumentError('LOWEST-HIGHEST expected, the lowest not above the highest.')
}

function headerString(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= HEADER_STRING_OCTETS) return text
  throw new InvalidArgumentError(`at most ${HEADER_STRING_OCTETS} printable ASCII characters expected.`)
}

function destinationOf(text: string): Eui64 {
  const destination = parseEui64(text)
  if (destination) return destination
  throw new InvalidArgumentError('an EUI-64 expected, 16 hex digits or 8 pairs joined by - or :.')
}

function suitesOf(text: string): readonly CryptoSuite[] {
  switch (text) {
    case '1':
      return [1]
    case '2':
      return [2]
    case 'both':
      return [1, 2]
    default:
      throw new InvalidArgumentError('1, 2 or both expected.')
  }
}
