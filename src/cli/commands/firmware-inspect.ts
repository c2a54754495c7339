/** `s1rig firmware inspect FILE`: what a ZigBee OTA file says of itself, its parts, and what its proofs are worth. */
import { Command } from 'commander'
import { UsageError } from '../../base/errors.ts'
import { formatEui64 } from '../../base/ids.ts'
import { visibleLine } from '../../evidence/visible-text.ts'
import { diskPieces } from '../../firmware/disk-pieces.ts'
import { type Examined, examine } from '../../firmware/examine.ts'
import { elementName, hex } from '../../firmware/ota-elements.ts'
import { formatFault } from '../../firmware/ota-fault.ts'
import type { OtaHeader } from '../../firmware/ota-header.ts'
import type { OtaReaderOptions } from '../../firmware/ota-reader.ts'
import type { IntegrityVerdict } from '../../firmware/ota-verdicts.ts'
import { testTrust } from '../../firmware/test-signing.ts'
import { EXIT } from '../exit.ts'
import { jsonOption } from '../options.ts'

export function firmwareInspectCommand(): Command {
  return new Command('inspect')
    .description('what an image says of itself, its sub-elements, and what its proofs are worth')
    .argument('<file>', 'a ZigBee OTA file, with or without a wrapper')
    .addOption(jsonOption())
    .action((file: string, { json }: { json?: boolean }) => {
      const found = examineFile(file, { trust: testTrust() })
      if (json) console.log(JSON.stringify({ file, ...found }))
      else for (const line of described(file, found)) console.log(line)
      tellFault(file, found)
    })
}

/** Reads an image from the disk. @throws UsageError when there is none */
export function examineFile(file: string, options: OtaReaderOptions): Examined {
  const read = diskPieces(file)
  if (!read) throw new UsageError(`${file}: expected a file that can be read, found none`)
  return examine(read.pieces, options)
}

/** What is wrong goes to stderr; such a file is a bad one. */
export function tellFault(file: string, { fault }: Examined): void {
  if (!fault) return
  console.error(`${file}: ${formatFault(fault)}`)
  process.exitCode = EXIT.usage
}

const STACKS: Readonly<Record<number, string>> = { 0: 'ZigBee 2006', 1: 'ZigBee 2007', 2: 'ZigBee PRO', 3: 'ZigBee IP' }

function described(file: string, found: Examined): string[] {
  const { octets, preamble, header, trailing, sha256, elements } = found
  const rows: [string, string][] = [
    ['file', `${file}, ${octets} octets`],
    ['sha-256', sha256],
    ...(header ? headerRows(header) : []),
    ...(preamble > 0 ? [['before the image', `${preamble} octets`] as [string, string]] : []),
    ...(trailing > 0 ? [['after the image', `${trailing} octets`] as [string, string]] : []),
    ...(found.fault ? [] : proofRows(found)),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  if (elements.length === 0) return lines
  const table = elements.map(({ tag, offset, length }) => [
    String(offset),
    hex(tag, 4),
    elementName(tag),
    String(length),
  ])
  return [...lines, '', ...columns([['octet', 'tag', 'sub-element', 'octets'], ...table])]
}

function headerRows(header: OtaHeader): [string, string][] {
  const { manufacturerCode, imageType, fileVersion, stackVersion, headerString, totalImageSize } = header
  const { securityCredentialVersion, destination, hardwareVersions } = header
  return [
    ['manufacturer', hex(manufacturerCode, 4)],
    ['image type', hex(imageType, 4)],
    ['file version', hex(fileVersion, 8)],
    ['stack version', `${hex(stackVersion, 4)} ${STACKS[stackVersion] ?? ''}`.trimEnd()],
    ['header string', visibleLine(headerString)],
    ['image', `${totalImageSize} octets`],
    ...(securityCredentialVersion === undefined ? [] : [row('credential version', String(securityCredentialVersion))]),
    ...(destination === undefined ? [] : [row('destination', formatEui64(destination))]),
    ...(hardwareVersions
      ? [row('hardware', `${hex(hardwareVersions.minimum, 4)} to ${hex(hardwareVersions.maximum, 4)}`)]
      : []),
  ]
}

const row = (name: string, value: string): [string, string] => [name, value]

function proofRows({ integrity, signatures, certificates }: Examined): [string, string][] {
  return [
    ['integrity code', integrityWords(integrity)],
    ...signatures.map(({ suite, is, detail }) => row(`signature suite ${suite}`, `${is}: ${detail}`)),
    ...(signatures.length === 0 ? [row('signature', 'absent')] : []),
    ...certificates.map(certificate =>
      row(
        `certificate suite ${certificate.suite}`,
        certificate.is === 'malformed'
          ? `malformed: ${certificate.detail}`
          : `of ${certificate.subject}, issued by ${certificate.issuer}`,
      ),
    ),
  ]
}

export function integrityWords(integrity: IntegrityVerdict): string {
  switch (integrity.is) {
    case 'absent':
      return 'absent'
    case 'good':
      return `good, the hash of the octets ${integrity.form}`
    case 'bad':
      return `bad: ${integrity.found} found, ${integrity.expected} expected`
    default:
      return integrity satisfies never
  }
}

/** Rows with the first and the last column to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map(one => one[at]!.length)))
  const right = (at: number) => at === 0 || at === widths.length - 1
  return rows.map(one =>
    one.map((cell, at) => (right(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join('  '),
  )
}
