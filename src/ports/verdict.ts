/** Steps of a run: begun, and what they came to with the evidence beside it. */
export type Verdict =
  | 'PASS'
  | 'FAIL'
  /** Differs from what was expected in a known, named way. */
  | 'TOLERATED'
  /** Could not be judged; `reason` says why. */
  | 'BLOCKED'
  /** Not carried out; `reason` says why. */
  | 'SKIPPED'

/** A step that has begun. */
export interface StepStart {
  installation: string
  step: string
  title: string
  party: string
  /** The device it is about, if any, as people know it: its type or its EUI-64. */
  device?: string
  atUs: number
}

export interface StepVerdict {
  installation: string
  /** Step id in the Group file, e.g. `CB-CHK-GT01`. */
  step: string
  title: string
  /** Part of the life cycle, e.g. `device-checks`. */
  phase: string
  /** Party that acts, e.g. `S1SP`. */
  party: string
  /** The clause or `assumed`. */
  source: string
  /** Whether the step exchanges traffic with a device. */
  touchesDevice: boolean
  /** Device the verdict is about, EUI-64, when it is about one. */
  device?: string
  /** Type of that device, e.g. `GSME`. */
  deviceType?: string
  verdict: Verdict
  expected: string
  observed: string
  /** Why BLOCKED, SKIPPED or TOLERATED. */
  reason?: string
  /** Microseconds since the start of the run. */
  startedUs: number
  endedUs: number
}
