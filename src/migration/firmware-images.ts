/** The images a party has at hand to bring devices to other firmware with. */
import type { DeclaredDevice } from './step-context.ts'

/** One image: a file of the OTA format, and what it makes of a device. */
export interface FirmwareImage {
  /** What devices report that execute it. */
  readonly version: string
  /** Of the OTA header. */
  readonly manufacturerCode: number
  readonly imageType: number
  readonly fileVersion: number
  /** Hardware versions it is for, both included; absent: any. */
  readonly hardwareVersions?: { readonly minimum: number; readonly maximum: number }
  /** Length of the file. */
  readonly octets: number
  /** SHA-256 of the file, hex. */
  readonly sha256: string
  /** The file, from its first octet on. */
  open(): Iterable<Uint8Array>
}

export interface FirmwareImages {
  /** What a device has to execute, one after another, to come from a version to another; or why there is no way, for people. */
  path(device: DeclaredDevice, from: string, to: string): { images: readonly FirmwareImage[] } | { none: string }
}

/** Nobody has any. */
export const NO_IMAGES: FirmwareImages = {
  path: ({ manufacturerName, modelId }, _from, to) => ({ none: `no image of ${manufacturerName} ${modelId} ${to}` }),
}
