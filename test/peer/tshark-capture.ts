/** What was on the air, as tshark sees it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ZigbeeHome } from '../helpers/zigbee-home.ts'
import { stranger } from './strangers.ts'

export interface TsharkCapture {
  /** The fields of each frame that a display filter lets through, tabs between them. */
  frames(filter: string, fields?: readonly string[]): string[]
  remove(): void
}

/** A capture on disk, and lines of `zigbee_pc_keys` that open it. */
interface Capture {
  file: string
  keys: string
}

/** The fields of each frame that a display filter lets through, tabs between them. `options`: more for tshark. */
export function tsharkLines(
  { file, keys }: Capture,
  filter: string,
  fields: readonly string[] = ['frame.number'],
  options: readonly string[] = [],
): string[] {
  const opened = keys
    .trim()
    .split('\n')
    .flatMap(key => ['-o', `uat:zigbee_pc_keys:${key}`])
  const shown = fields.flatMap(field => ['-e', field])
  const args = ['-r', file, ...opened, ...options, '-Y', filter, '-T', 'fields', ...shown]
  const text = execFileSync(stranger('tshark').path ?? '', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text.split('\n').filter(line => line !== '')
}
/** The same of a run's folder: what was on the air of one of its homes, Smart Energy 1.1b. */
export function tsharkRun(
  { directory, home }: { directory: string; home: string },
  filter: string,
  fields?: readonly string[],
  options: readonly string[] = [],
): string[] {
  const keys = readFileSync(join(directory, 'zigbee_pc_keys'), 'utf8')
  const file = join(directory, `han-${home}.pcap`)
  return tsharkLines({ file, keys }, filter, fields, ['-o', 'zbee_aps.zbeeseversion:SE 1.1b', ...options])
}

/** Writes a capture down and opens it with these keys (lines of `zigbee_pc_keys`). */
export function tsharkCapture({ octets, keys }: ReturnType<ZigbeeHome['pcap']>): TsharkCapture {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-tshark-'))
  const file = join(folder, 'home.pcap')
  writeFileSync(file, octets)
  return {
    frames: (filter, fields) => tsharkLines({ file, keys }, filter, fields),
    remove: () => rmSync(folder, { recursive: true }),
  }
}
