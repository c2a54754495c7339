/** Captures as they are written: buffered, whole records, one file for each installation in the run folder. */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { type CaptureKey, zigbeePcKeys } from '../radio/zigbee-pc-keys.ts'

const CHUNK = 262_144

/** The captures of a run: `han-<installation>.pcap`, and the test keys that open them. */
export class Captures {
  private readonly files = new Map<string, CaptureFile>()
  private readonly keys: CaptureKey[] = []
  private readonly path: (name: string) => string

  /** `path`: of a file in the run folder. */
  constructor(path: (name: string) => string) {
    this.path = path
  }
  append(installation: string, octets: Uint8Array): void {
    let file = this.files.get(installation)
    if (!file) {
      file = new CaptureFile(this.path(`han-${installation}.pcap`))
      this.files.set(installation, file)
    }
    file.append(octets)
  }
  addKeys(keys: readonly CaptureKey[]): void {
    this.keys.push(...keys)
  }
  close(): void {
    for (const file of this.files.values()) file.close()
    this.files.clear()
    if (this.keys.length > 0) writeFileSync(this.path('zigbee_pc_keys'), zigbeePcKeys(this.keys))
  }
}

class CaptureFile {
  private readonly file: number
  private pending: Uint8Array[] = []
  private octets = 0

  constructor(path: string) {
    this.file = openSync(path, 'wx')
  }
  append(octets: Uint8Array): void {
    this.pending.push(octets)
    this.octets += octets.length
    if (this.octets >= CHUNK) this.flush()
  }
  close(): void {
    this.flush()
    closeSync(this.file)
  }

  private flush(): void {
    const chunk = Buffer.concat(this.pending)
    this.pending = []
    this.octets = 0
    for (let at = 0; at < chunk.length; ) at += writeSync(this.file, chunk, at)
  }
}
