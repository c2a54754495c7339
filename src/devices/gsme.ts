/**
 * A gas meter: asleep but for a moment each half hour, when it reports to its mirror in the hub and collects what waits.
 */
import type { Micros } from '../base/ids.ts'
import { fromZigbeeUtc, milliseconds, minutes, seconds, toZigbeeUtc } from '../base/time.ts'
import type { RandomStream, Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { GsmeProfile } from '../profiles/profile.ts'
import { type ZclEndpoint, ZclNode } from '../zcl/node.ts'
import type { Peer } from '../zcl/transactions.ts'
import { Consumption } from './consumption.ts'
import { SE_DEVICE, SE_PROFILE, type Surroundings, serveBasic } from './device.ts'
import { DeviceClock } from './device-clock.ts'
import { Joining } from './joining.ts'
import {
  answerGetProfile,
  METERING_DEVICE,
  SUMMATION_FORMATTING,
  SUPPLY_STATUS,
  toRegister,
  UNIT,
} from './meter-registers.ts'

export const GSME_ENDPOINT = 1
/** dm3 on the register of a new rig's meter: anything up to this, by the dice. Assumed. */
const GREATEST_START_DM3 = 15_000_000
/** Wake-ups in a row without an acknowledged report before it looks for its network again. Assumed. */
const LOST_AFTER_WAKES = 3
/** Endpoint a hub answers with when it has no mirror to give. @source ZCL Metering, Request Mirror Response */
const MIRROR_REFUSED = 0xffff

export class Gsme {
  readonly clock: DeviceClock
  firmware: string
  private readonly profile: GsmeProfile
  private readonly around: Surroundings
  private readonly timers: Timers
  private readonly trace: Trace
  private readonly joining: Joining
  private readonly consumption: Consumption
  private readonly wakeDice: RandomStream
  private readonly endpoint: ZclEndpoint
  private readonly hub: { device: string; esiEndpoint: number }
  private mirror: Peer | undefined
  private wake: Timer | undefined
  private wakesUnheard = 0
  private awakeUntilUs: Micros = 0
  private polling = false
  private timeReadOnMs = 0

  constructor(
    around: Surroundings,
    profile: GsmeProfile,
    options: { installCode: Uint8Array; hub: { device: string; esiEndpoint: number } },
  ) {
    this.around = around
    this.profile = profile
    this.timers = around.timers
    this.trace = around.trace
    this.hub = options.hub
    this.firmware = profile.firmware.version
    this.wakeDice = around.random.stream('wake')
    this.clock = new DeviceClock(around.clock, profile.clock.driftPpm)
    this.consumption = new Consumption({
      clock: this.clock,
      random: around.random.stream('flow'),
      weights: profile.flow.shapeWeights,
      annual: profile.flow.annualM3 * 1_000,
      start: around.random.stream('register').int(GREATEST_START_DM3),
      intervalMin: profile.metering.profileIntervalMin,
      capacity: profile.metering.profileEntries,
    })
    const { installCode } = options
    this.joining = new Joining({
      han: around.han,
      timers: around.timers,
      random: around.random.stream('joining'),
      installCode,
    })
    const node = new ZclNode({
      han: around.han,
      timers: around.timers,
      trace: around.trace,
      responseDelayUs: milliseconds(profile.zcl.responseDelayMs),
      listener: {
        onJoined: () => this.onJoined(),
        onJoinFailed: () => this.joining.again(),
        onLeft: () => this.onLeft(),
      },
    })
    this.endpoint = this.serve(node)
  }

  start(): void {
    this.joining.start()
  }

  /** dm3 since the meter was made. */
  get totalDm3(): number {
    return Math.floor(this.consumption.total())
  }

  private onJoined(): void {
    this.joining.joined()
    this.wakesUnheard = 0
    this.onWake()
  }
  private onLeft(): void {
    this.mirror = undefined
    this.wake?.cancel()
    this.joining.again()
  }

  private onWake(): void {
    const { sleep } = this.profile
    this.wake?.cancel()
    const lateUs = this.wakeDice.int(seconds(sleep.wakeJitterS) + 1)
    this.wake = this.timers.after(minutes(sleep.wakeIntervalMin) + lateUs, 'gsme wake', () => this.onWake())
    this.stayAwake()
    if (this.mirror) this.report(this.mirror)
    else this.requestMirror()
    this.readTimeDaily()
  }

  private requestMirror(): void {
    const esi = { device: this.hub.device, endpoint: this.hub.esiEndpoint }
    this.endpoint.request(esi, 'Metering', 'RequestMirror', {}, outcome => {
      if (!outcome.ok || !outcome.response) return this.unheard()
      const { endpointId } = outcome.response.payload
      if (endpointId === MIRROR_REFUSED) return
      this.mirror = { device: this.hub.device, endpoint: endpointId }
      this.trace.emit({ kind: 'device.state', name: 'mirror', value: endpointId })
      this.report(this.mirror)
    })
  }

  private report(mirror: Peer): void {
    const { metering, identity, firmware, supply } = this.profile
    const register = toRegister(this.consumption.total(), metering)
    const sent = (outcome: string) => (outcome === 'delivered' ? this.heard() : this.unheard())
    this.endpoint.report(mirror, 'Basic', {
      ManufacturerName: identity.manufacturerName,
      ModelIdentifier: identity.modelId,
      HardwareVersion: firmware.hardwareVersion,
      SwBuildId: this.firmware,
    })
    this.endpoint.report(
      mirror,
      'Metering',
      {
        CurrentSummationDelivered: register,
        ReadingSnapshotTime: toZigbeeUtc(this.clock.unixMs()),
        SupplyStatus: SUPPLY_STATUS[supply.initialState],
        Multiplier: metering.multiplier,
        Divisor: metering.divisor,
      },
      sent,
    )
  }

  private heard(): void {
    this.wakesUnheard = 0
  }
  private unheard(): void {
    if (++this.wakesUnheard % LOST_AFTER_WAKES === 0) this.joining.start()
  }

  /** Its clock follows the hub's once a day. @source ZigBee SE: clients keep within 60 s a day of the ESI */
  private readTimeDaily(): void {
    const nowMs = this.clock.unixMs()
    if (nowMs - this.timeReadOnMs < 86_400_000) return
    const esi = { device: this.hub.device, endpoint: this.hub.esiEndpoint }
    this.endpoint.read(esi, 'Time', ['Time'], outcome => {
      if (!outcome.ok || outcome.values.Time === undefined) return
      this.timeReadOnMs = nowMs
      this.clock.set(fromZigbeeUtc(outcome.values.Time))
    })
  }

  private stayAwake(): void {
    this.awakeUntilUs = this.clock.nowUs() + milliseconds(this.profile.sleep.stayAwakeMs)
    if (!this.polling) this.shortPoll()
  }

  /** Collects what the hub holds for it until nothing has come for a while. */
  private shortPoll(): void {
    this.polling = true
    this.timers.after(milliseconds(this.profile.sleep.shortPollMs), 'gsme poll', () =>
      this.around.han.poll(received => {
        this.polling = false
        if (received) this.stayAwake()
        else if (this.clock.nowUs() < this.awakeUntilUs && this.around.han.joined) this.shortPoll()
      }),
    )
  }

  private serve(node: ZclNode): ZclEndpoint {
    const { metering, supply, battery } = this.profile
    const endpoint = node.endpoint({ endpoint: GSME_ENDPOINT, profileId: SE_PROFILE, deviceId: SE_DEVICE.meter })
    serveBasic(endpoint, this.profile, () => this.firmware)
    endpoint.serve('PowerConfiguration', {
      attributes: { BatteryPercentageRemaining: battery.initialPercent * 2 },
    })
    endpoint.serve('Time', {
      attributes: { Time: () => toZigbeeUtc(this.clock.unixMs()), TimeStatus: 0b10 },
      writes: { Time: value => void this.clock.set(fromZigbeeUtc(value)) },
    })
    endpoint.serve('Metering', {
      attributes: {
        CurrentSummationDelivered: () => toRegister(this.consumption.total(), metering),
        Status: 0,
        SupplyStatus: SUPPLY_STATUS[supply.initialState],
        UnitOfMeasure: UNIT.m3,
        Multiplier: metering.multiplier,
        Divisor: metering.divisor,
        SummationFormatting: SUMMATION_FORMATTING,
        MeteringDeviceType: METERING_DEVICE.gas,
      },
      commands: {
        GetProfile: (question, _from, reply) => {
          const { consumption } = this
          const meter = { consumption, scale: metering, intervalMin: metering.profileIntervalMin }
          reply('GetProfileResponse', answerGetProfile(question, meter))
        },
      },
    })
    endpoint.use('Time', {})
    return endpoint
  }
}
