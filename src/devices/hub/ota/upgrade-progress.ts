/** How far each device of a HAN has come with the image that is for it, as its hub knows. */
import type { Eui64 } from '../../../base/ids.ts'
import type { Trace } from '../../../ports/trace.ts'
import { type ImageIdentity, identityOf, imageName } from '../../ota/image-identity.ts'

/** Where an upgrade is, seen from the hub. */
export type UpgradeState =
  /** The device has not asked for it yet. */
  | 'offered'
  | 'downloading'
  /** The device has it and found it good; it waits until it is to run it. */
  | 'downloaded'
  /** The device was told to run it, and has not come back yet. */
  | 'activating'
  /** The device said that it runs it. */
  | 'done'
  | 'failed'

/** Why an upgrade failed. */
export type UpgradeFailure =
  /** The device asks for images of another maker or type. */
  | 'not-for-it'
  /** It is for other hardware. */
  | 'hardware'
  /** The device did not find it good. */
  | 'invalid-image'
  | 'aborted'
  /** The device needs another image before this one. */
  | 'needs-another'
  /** The device runs its old firmware again. */
  | 'rolled-back'
  /** The hub took it back. */
  | 'withdrawn'
  /** It got no further. */
  | 'stalled'
  /** It was told to run it, and was not heard of again. */
  | 'lost'
  /** It would not run it. */
  | 'refused'

export interface UpgradeProgress {
  readonly image: ImageIdentity
  readonly state: UpgradeState
  /** Of a failed one. */
  readonly failure?: UpgradeFailure
  /** How many of its octets the device has. */
  readonly octets: number
  readonly total: number
  /** When that was so first, by the hub's clock, Unix ms. */
  readonly atMs: number
}

export type ProgressListener = (device: Eui64, progress: UpgradeProgress) => void

/** Most devices that are known of: more than a HAN has. */
const MOST_DEVICES = 64
/** Told of at each so many hundredths of the image, so that a trace stays short. */
const STEP_PERCENT = 5

export type ProgressMemory = readonly (readonly [Eui64, UpgradeProgress])[]

export class ProgressBook {
  private readonly of: Map<Eui64, UpgradeProgress>
  private readonly trace: Trace
  private readonly listeners: ProgressListener[] = []

  constructor(trace: Trace, memory: ProgressMemory = []) {
    this.trace = trace
    this.of = new Map(memory)
  }

  /** Calls `listener` at each change of state, and while an image goes over whenever another 5 % of it have. */
  listen(listener: ProgressListener): void {
    this.listeners.push(listener)
  }
  get(device: Eui64): UpgradeProgress | undefined {
    return this.of.get(device)
  }
  get all(): ReadonlyMap<Eui64, UpgradeProgress> {
    return this.of
  }

  set(device: Eui64, progress: UpgradeProgress): void {
    const before = this.of.get(device)
    this.of.delete(device)
    this.of.set(device, { ...progress, image: identityOf(progress.image) })
    const [oldest] = this.of.keys()
    if (this.of.size > MOST_DEVICES && oldest !== undefined) this.of.delete(oldest)
    if (before && isSameStep(before, progress)) return
    const { image, state, failure, octets, total } = progress
    this.trace.emit({
      ...{ kind: 'ota.progress', device, image: imageName(image), state },
      ...(failure && { failure }),
      ...{ octets, total },
    })
    for (const listener of this.listeners) listener(device, progress)
  }

  memory(): ProgressMemory {
    return [...this.of]
  }
}

const stepOf = ({ octets, total }: UpgradeProgress): number => Math.floor((octets * 100) / total / STEP_PERCENT)

const isSameStep = (one: UpgradeProgress, other: UpgradeProgress): boolean =>
  one.state === other.state &&
  one.failure === other.failure &&
  stepOf(one) === stepOf(other) &&
  imageName(one.image) === imageName(other.image)
