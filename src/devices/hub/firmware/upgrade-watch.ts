/**
 * Looks on as devices get and execute images: tells the party in control what came of each, gives up on those that do not get on, and
 * calls back whoever waits for the end of one.
 */
import type { Eui64, Micros } from '../../../base/ids.ts'
import { milliseconds } from '../../../base/time.ts'
import type { Clock, Timer, Timers } from '../../../ports/time.ts'
import type { OtaServer } from '../ota/ota-server.ts'
import type { UpgradeFailure, UpgradeProgress } from '../ota/upgrade-progress.ts'

export interface UpgradeWatchOptions {
  ota: Pick<OtaServer, 'shelf' | 'listen' | 'progress' | 'giveUp'>
  /** The hub's. */
  clock: Clock
  timers: Timers
  /** A device that makes no progress for so long, or does not come back, is given up. */
  stalledAfterUs: Micros
  raise: (code: string, text: string, device: Eui64) => void
}

/** What is told of a failure. @source GBCS alert codes; which one a SMETS1 hub would use: assumed */
const ALERTS: Readonly<Record<UpgradeFailure, readonly [code: string, text: string] | undefined>> = {
  'not-for-it': ['8F89', 'firmware transfer failed, the image is for another maker or type:'],
  hardware: ['8F89', 'firmware transfer failed, the image is for other hardware:'],
  'invalid-image': ['8F1C', 'firmware verification failed'],
  aborted: ['8F89', 'firmware transfer failed'],
  stalled: ['8F89', 'firmware transfer failed, no octet was fetched any more by'],
  'needs-another': ['8F89', 'firmware transfer failed, another image has to come before:'],
  'rolled-back': ['8F1B', 'firmware verification failed at power-on'],
  refused: ['8F1C', 'firmware activation refused by'],
  lost: ['8F1C', 'firmware activation not obeyed by'],
  // Whoever called it off knows.
  withdrawn: undefined,
}

export class UpgradeWatch {
  private readonly options: UpgradeWatchOptions
  private readonly activating = new Set<Eui64>()
  private readonly patience = new Map<Eui64, Timer>()
  private readonly waiting = new Map<Eui64, Set<(ended: UpgradeProgress) => void>>()

  constructor(options: UpgradeWatchOptions) {
    this.options = options
    options.ota.listen((device, progress) => this.see(device, progress))
  }

  /** Goes on being patient with those that were at it before a restart. */
  start(): void {
    for (const [device, progress] of this.options.ota.progress) this.bePatient(device, progress)
  }

  /** Calls `then` when the upgrade of a device is over, or with nothing when that takes longer than `withinUs`. */
  whenOver(device: Eui64, withinUs: Micros, then: (ended: UpgradeProgress | undefined) => void): void {
    const all = this.waiting.get(device) ?? new Set()
    this.waiting.set(device, all)
    const over = (ended: UpgradeProgress) => {
      timer.cancel()
      then(ended)
    }
    const timer = this.options.timers.after(withinUs, 'firmware awaited', () => {
      all.delete(over)
      then(undefined)
    })
    all.add(over)
  }

  private see(device: Eui64, progress: UpgradeProgress): void {
    this.tell(device, progress)
    this.bePatient(device, progress)
    if (progress.state !== 'done' && progress.state !== 'failed') return
    const waiting = this.waiting.get(device) ?? []
    this.waiting.delete(device)
    for (const over of waiting) over(progress)
  }

  private tell(device: Eui64, { state, failure }: UpgradeProgress): void {
    const { raise } = this.options
    // Whose activation was called off has had its image before.
    const hadIt = this.activating.delete(device)
    if (state === 'activating') this.activating.add(device)
    if (state === 'downloaded' && hadIt) return
    if (state === 'done') raise('8F43', 'executing firmware version changed', device)
    if (state === 'downloaded') {
      raise('8F8A', 'firmware transfer succeeded', device)
      raise('8F72', 'firmware verification successful', device)
    }
    const [code, text] = (failure && ALERTS[failure]) ?? []
    if (code !== undefined) raise(code, text ?? '', device)
  }

  /** Who has not begun may take its time; who has waits for nobody but the hub. */
  private bePatient(device: Eui64, { state }: UpgradeProgress): void {
    const { ota, clock, timers, stalledAfterUs } = this.options
    this.patience.get(device)?.cancel()
    this.patience.delete(device)
    if (state !== 'downloading' && state !== 'activating') return
    const order = ota.shelf.imageFor(device)?.orders.get(device)
    const untilMs = state === 'activating' && order?.when === 'at' ? order.unixMs - clock.unixMs() : 0
    const timer = timers.after(stalledAfterUs + milliseconds(Math.max(0, untilMs)), 'firmware stalled', () => {
      this.patience.delete(device)
      ota.giveUp(device, state === 'downloading' ? 'stalled' : 'lost')
    })
    this.patience.set(device, timer)
  }
}
