/**
 * A stick that is a coordinator with a stack of its own, which zigbee-herdsman drives. It lives in real time: what it reports
 * enters simulated time through the inlet of the run, as text.
 */
import { InvariantError, UsageError } from '../../base/errors.ts'
import { HERDSMAN_DRIVERS, type HerdsmanDriver, STICK_TRAITS } from '../../host/herdsman/drivers.ts'
import { HerdsmanCoordinator, type HerdsmanCoordinatorOptions } from '../../host/herdsman/herdsman-coordinator.ts'
import { HerdsmanStick } from '../../host/herdsman/herdsman-stick.ts'
import type { StickOrder, StickReport } from '../../host/herdsman/stick-messages.ts'
import type { HanCapabilities, HanCoordinator } from '../../ports/han.ts'
import type { Clock } from '../../ports/time.ts'
import type { RigStick } from '../../profiles/rig.ts'
import { type LineEvent, lineInlet } from '../clocks/inlet.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'
import type { BenchStick } from './radio-stick.ts'

export interface CoordinatorStickOptions {
  record: RigStick
  clock: RunClock
  timeline: Timeline
  capabilities: HanCapabilities
  onChange?: () => void
}

/** What the coordinator of a HAN is given, but for the stick. */
export type CoordinatorWorld = Omit<HerdsmanCoordinatorOptions, 'traits' | 'order' | 'clock'> & { clock: Clock }

export class CoordinatorStick implements BenchStick {
  readonly record: RigStick
  private readonly options: CoordinatorStickOptions
  private readonly driver: HerdsmanDriver
  private readonly enter: ((event: LineEvent) => void) | undefined
  private stick: HerdsmanStick | undefined
  private node: HerdsmanCoordinator | undefined
  private why: string | undefined = 'its network is not up yet'

  constructor(options: CoordinatorStickOptions) {
    const { record, clock, timeline } = options
    const driver = HERDSMAN_DRIVERS.find(one => one === record.driver)
    if (!driver) throw new InvariantError(`stick ${record.id}: ${record.driver} drives no coordinator`)
    this.record = record
    this.options = options
    this.driver = driver
    this.enter = lineInlet({ clock, timeline, part: record.id }, event => this.take(event))
  }

  get away(): string | undefined {
    return this.why && `stick ${this.record.id}: ${this.why}`
  }

  /** The hub's radio side. Once. */
  coordinator(world: CoordinatorWorld): HanCoordinator {
    const { capabilities } = this.options
    const node = new HerdsmanCoordinator({
      ...world,
      traits: STICK_TRAITS[this.driver],
      order: (order: StickOrder) => this.stick?.order(order),
    })
    this.node = node
    return Object.assign(node, { capabilities })
  }

  async open(): Promise<void> {
    const { enter, driver } = this
    if (!enter) return
    const { link, id } = this.record
    const onReport = (report: StickReport) => enter({ on: 'octets', octets: Buffer.from(JSON.stringify(report)) })
    try {
      this.stick = await HerdsmanStick.open({ driver, link, onReport })
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`stick ${id}: ${error.message}`)
      throw error
    }
  }
  async close(): Promise<void> {
    await this.stick?.close()
  }

  private take(event: LineEvent): void {
    if (event.on !== 'octets') return
    const report = JSON.parse(Buffer.from(event.octets).toString()) as StickReport
    if (report.is === 'up') this.why = undefined
    else if (report.is === 'down') this.why = `${this.record.link} is down: ${report.reason}`
    this.node?.report(report)
    if (report.is === 'up' || report.is === 'down') this.options.onChange?.()
  }
}
