/** What was on the air of a test home, as tshark sees it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ZigbeeHome } from '../helpers/zigbee-home.ts'
import { stranger } from './strangers.ts'

export interface TsharkCapture {
  /** The fields of each frame that a display filter lets through, tabs between them. */
  frames(filter: string, fields?: readonly string[]): string[]
  remove(): void
}

/** Writes a capture down and opens it with these keys (lines of `zigbee_pc_keys`). */
export function tsharkCapture({ octets, keys }: ReturnType<ZigbeeHome['pcap']>): TsharkCapture {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-tshark-'))
  const file = join(folder, 'home.pcap')
  writeFileSync(file, octets)
  const opened = keys
    .trim()
    .split('\n')
    .flatMap(key => ['-o', `uat:zigbee_pc_keys:${key}`])
  return {
    frames(filter, fields = ['frame.number']) {
      const shown = fields.flatMap(field => ['-e', field])
      const args = ['-r', file, ...opened, '-Y', filter, '-T', 'fields', ...shown]
      const text = execFileSync(stranger('tshark').path ?? '', args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      return text.split('\n').filter(line => line !== '')
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
