/** Captures as they are written: one file for each installation, and the keys that open them. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CaptureKey, zigbeePcKeys } from '../radio/zigbee-pc-keys.ts'
import { GrowingFile } from './growing-file.ts'
import { guarded } from './writing.ts'

/** Paths in a folder for captures, which is made if need be. @throws UsageError when the file system refuses */
export function captureFolder(directory: string): (name: string) => string {
  guarded(directory, path => mkdirSync(path, { recursive: true }))
  return name => join(directory, name)
}

/** The captures of a run: `han-<installation>.pcap` and `zigbee_pc_keys`, which is as new as the frames on the disk. */
export class Captures {
  private readonly files = new Map<string, GrowingFile>()
  private readonly path: (name: string) => string
  private keys: () => readonly CaptureKey[] = () => []
  private written = ''

  /** `path`: of a file in the folder. */
  constructor(path: (name: string) => string) {
    this.path = path
  }

  /** Who tells the test keys there are by now. */
  keysFrom(keys: () => readonly CaptureKey[]): void {
    this.keys = keys
  }

  append(installation: string, octets: Uint8Array): void {
    let file = this.files.get(installation)
    if (!file) {
      file = new GrowingFile(this.path(`han-${installation}.pcap`))
      this.files.set(installation, file)
    }
    if (file.append(octets)) this.writeKeys()
  }

  close(): void {
    this.writeKeys()
    for (const file of this.files.values()) file.close()
    this.files.clear()
  }

  /** A reader sees the old keys or the new ones, never half of them. */
  private writeKeys(): void {
    const text = zigbeePcKeys(this.keys())
    if (text === this.written) return
    this.written = text
    guarded(this.path('zigbee_pc_keys'), path => {
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    })
  }
}
