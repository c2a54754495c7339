/**
 * A gas meter: asleep but for a moment each half hour, when it reports to its mirror in the hub, asks for price and message
 * and collects what waits.
 */
import type { Micros } from '../base/ids.ts'
import { hours, milliseconds, minutes, seconds } from '../base/time.ts'
import type { DeliveryOutcome } from '../ports/han.ts'
import type { RandomStream, Timer } from '../ports/time.ts'
import type { GsmeProfile } from '../profiles/profile.ts'
import { isHeard, type Peer } from '../zcl/transactions.ts'
import { HA_PROFILE, type Surroundings } from './device.ts'
import { type InstalledMeter, Meter } from './meter.ts'
import { METERING_DEVICE, SUPPLY_STATUS, UNIT } from './meter-registers.ts'
import { NoticeReader, type ShownNotices } from './notice-reader.ts'
import { unixMsOf, utcOf } from './zigbee-time.ts'

/** dm3 on the register of a new rig's meter: anything up to this. Assumed. */
const GREATEST_START_DM3 = 15_000_000
/** Wake-ups in a row without an acknowledged report before it looks for its network again. Assumed. */
const LOST_AFTER_WAKES = 3
/** Endpoint a hub answers with when it has no mirror to give. @source ZCL Metering, Request Mirror Response */
const MIRROR_REFUSED = 0xffff
/**
 * How often it asks its parent whether anything waits, where no mirror answers in its stead: within the time that a parent keeps
 * frames. @source ZigBee Cluster Library, Poll Control: LongPollInterval, default 5 s
 */
const LONG_POLL_US = seconds(5)
/** How often it asks the hub for the time. @source ZigBee SE: clients keep within 60 s a day of the ESI */
const TIME_READ_EVERY_US = hours(24)

export class Gsme extends Meter<GsmeProfile> {
  /** What its own small screen shows of the hub's notices. */
  readonly shown: ShownNotices = {}
  private readonly notices: NoticeReader
  private readonly wakeDice: RandomStream
  private readonly esi: Peer
  private mirror: Peer | undefined
  private wake: Timer | undefined
  private nextLongPoll: Timer | undefined
  private wakesUnheard = 0
  private awakeUntilUs: Micros = 0
  private polling = false
  private timeReadAtUs: Micros | undefined

  constructor(around: Surroundings, profile: GsmeProfile, installed: InstalledMeter) {
    super(around, profile, {
      ...installed,
      dice: 'flow',
      shape: profile.flow,
      annual: profile.flow.annualM3 * 1_000,
      greatestStart: GREATEST_START_DM3,
      unitOfMeasure: UNIT.m3,
      meteringDeviceType: METERING_DEVICE.gas,
      closesOnCommand: false,
    })
    this.wakeDice = around.random.stream('wake')
    this.esi = installed.esi
    this.serveMetering()
    this.endpoint.serve('PowerConfiguration', {
      attributes: { BatteryPercentageRemaining: profile.battery.initialPercent * 2 },
    })
    this.endpoint.use('Time', {})
    const { endpoint, esi, clock, shown } = this
    this.notices = new NoticeReader({
      ...{ endpoint, esi, clock, shown, trace: around.trace },
      listens: false,
      messages: true,
    })
  }

  /** dm3 since the meter was made. */
  get totalDm3(): number {
    return Math.floor(this.consumption.total())
  }

  protected override onJoined(): void {
    this.wakesUnheard = 0
    this.onWake(this.around.clock.nowUs())
    if (this.around.profileId === HA_PROFILE) this.longPoll()
  }
  protected override onLeft(): void {
    this.mirror = undefined
    this.wake?.cancel()
    this.nextLongPoll?.cancel()
  }

  /** `dueUs`: when this wake-up was due; each comes a little late, and the next is due from there all the same. */
  private onWake(dueUs: Micros): void {
    const { sleep } = this.profile
    const { clock, timers } = this.around
    const nowUs = clock.nowUs()
    const nextDueUs = Math.max(dueUs + minutes(sleep.wakeIntervalMin), nowUs)
    const lateUs = this.wakeDice.int(seconds(sleep.wakeJitterS) + 1)
    this.wake?.cancel()
    this.wake = timers.after(nextDueUs + lateUs - nowUs, 'gsme wake', () => this.onWake(nextDueUs))
    // Its network is lost: no better moment to look for it.
    if (!this.around.han.joined) return this.joining.start()
    this.stayAwake()
    if (this.mirror) this.report(this.mirror)
    else this.requestMirror()
    this.readTimeDaily()
  }

  private requestMirror(): void {
    this.endpoint.request(this.esi, 'Metering', 'RequestMirror', {}, outcome => {
      if (!isHeard(outcome)) return this.unheard()
      this.wakesUnheard = 0
      // A coordinator that is no hub has no mirrors.
      if (!outcome.ok) return
      const { endpointId } = outcome.response.payload
      if (endpointId === MIRROR_REFUSED) return
      this.mirror = { device: this.esi.device, endpoint: endpointId }
      this.around.trace.emit({ kind: 'device.state', name: 'mirror', value: endpointId })
      this.report(this.mirror)
    })
  }

  private report(mirror: Peer): void {
    const { metering, identity, firmware } = this.profile
    this.endpoint.report(mirror, 'Basic', {
      ManufacturerName: identity.manufacturerName,
      ModelIdentifier: identity.modelId,
      HardwareVersion: firmware.hardwareVersion,
      SwBuildId: this.firmware,
    })
    const values = {
      CurrentSummationDelivered: this.register(),
      ReadingSnapshotTime: utcOf(this.clock.unixMs()),
      SupplyStatus: SUPPLY_STATUS[this.supply.state],
      Multiplier: metering.multiplier,
      Divisor: metering.divisor,
    }
    this.endpoint.report(mirror, 'Metering', values, outcome => this.reported(outcome))
  }

  private reported(outcome: DeliveryOutcome): void {
    if (outcome !== 'delivered') return this.unheard()
    this.wakesUnheard = 0
    this.tellEvents()
    // Nothing tells it that there is news. @source SE 1.1 has no notification flags; at each wake-up: assumed
    this.notices.ask()
  }
  private unheard(): void {
    if (++this.wakesUnheard % LOST_AFTER_WAKES === 0) this.joining.start()
  }

  /** Its clock follows the hub's. */
  private readTimeDaily(): void {
    const nowUs = this.around.clock.nowUs()
    if (this.timeReadAtUs !== undefined && nowUs - this.timeReadAtUs < TIME_READ_EVERY_US) return
    this.endpoint.read(this.esi, 'Time', ['Time'], outcome => {
      const unixMs = outcome.ok && outcome.values.Time !== undefined ? unixMsOf(outcome.values.Time) : undefined
      if (unixMs === undefined) return
      this.timeReadAtUs = nowUs
      this.clock.set(unixMs)
    })
  }

  /** Somebody who knows nothing of mirrors may ask at any time. */
  private longPoll(): void {
    const { han, timers } = this.around
    this.nextLongPoll?.cancel()
    this.nextLongPoll = timers.after(LONG_POLL_US, 'gsme long poll', () => {
      this.longPoll()
      if (this.polling || !han.joined) return
      han.poll(received => {
        if (received) this.stayAwake()
      })
    })
  }

  private stayAwake(): void {
    this.awakeUntilUs = this.around.clock.nowUs() + milliseconds(this.profile.sleep.stayAwakeMs)
    if (!this.polling) this.shortPoll()
  }

  /** Collects what the hub holds for it until nothing has come for a while. */
  private shortPoll(): void {
    const { han, clock, timers } = this.around
    this.polling = true
    timers.after(milliseconds(this.profile.sleep.shortPollMs), 'gsme poll', () =>
      han.poll(received => {
        this.polling = false
        if (received) this.stayAwake()
        else if (clock.nowUs() < this.awakeUntilUs && han.joined) this.shortPoll()
      }),
    )
  }
}
