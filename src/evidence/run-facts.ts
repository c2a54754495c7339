/** What was tested and how the run ended: the facts that the manifest and the report share. */
import { createHash } from 'node:crypto'
import type { Micros } from '../base/ids.ts'

/** A file that went into the run. */
export interface InputFile {
  /** Name people use for what it describes, e.g. `cb-dual-fuel`. */
  name: string
  /** Path as it was given. */
  file: string
  /** SHA-256 of its octets, lower-case hex. */
  sha256: string
  /** Path of its copy in the run folder. */
  copy?: string
}

/** Known before the first step. Nothing here may be a secret: it is written for others to read. */
export interface RunFacts {
  tool: { name: string; version: string }
  /** Commit the tool was built from; absent when unknown. */
  commit?: string
  rig: InputFile
  profiles: readonly InputFile[]
  group?: InputFile
  /** Group files that it extends, the nearest first. */
  groupBases?: readonly InputFile[]
  seed: number | string
  /** `virtual`, `real` or `xN`. */
  clock: string
  /** Disasters, each with the homes it was for (none: all); their faults are among `faults`. */
  disasters?: readonly (InputFile & { only?: readonly string[] })[]
  /** Index of firmware images, and the files it names; absent where no device may be upgraded. */
  images?: readonly InputFile[]
  /** Faults in force, as they were named; empty for none. */
  faults: readonly string[]
  settings: Readonly<Record<string, string | number | boolean>>
  /** Wall time, ISO 8601 UTC. */
  startedAt: string
  /** When the process began each time, of a run that outlives it; this one last. Trace and captures are of this one. */
  lives?: readonly { startedAt: string }[]
}

/** One fact about the condition something was left in, e.g. `esme`, `supply`, `enabled`. */
export interface LeftState {
  installation: string
  part: string
  name: string
  value: string | number | boolean
}

/** How a run ended. */
export interface RunEnd {
  outcome:
    | 'finished'
    /** Someone stopped it. */
    | 'interrupted'
    /** It could not go on; `reason` says why. */
    | 'error'
  reason?: string
  /** Wall time, ISO 8601 UTC. */
  endedAt: string
  /** Simulated time that passed. */
  spanUs: Micros
  /** The condition the installations were left in. */
  left: readonly LeftState[]
}

/** Describes a file that went into the run by its octets. */
export const inputFile = (name: string, file: string, octets: Uint8Array): InputFile => ({
  name,
  file,
  sha256: createHash('sha256').update(octets).digest('hex'),
})
