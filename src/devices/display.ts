/**
 * PPMID, IHD and CAD: they find the meter and the gas mirror, and read them at their own pace; what energy costs and the
 * supplier's message they ask of the hub. At a PPMID the consumer does something too.
 */
import { minutes, seconds } from '../base/time.ts'
import type { CadProfile, IhdProfile, PpmidProfile } from '../profiles/profile.ts'
import type { ZclEndpoint, ZclNode } from '../zcl/node.ts'
import type { Peer } from '../zcl/transactions.ts'
import { type DeviceMemory, type Installed, SE_DEVICE, type Surroundings, serveBasic, standOnHan } from './device.ts'
import { readHistory, type ShownHistory } from './history-screen.ts'
import type { Joining } from './joining.ts'
import { METERING_DEVICE } from './meter-registers.ts'
import { NoticeReader, type ShownNotices } from './notice-reader.ts'
import type { Fuel } from './notices.ts'
import type { OtaClient } from './ota/ota-client.ts'
import { readAccount, type ShownAccount } from './prepayment/account-screen.ts'
import { type ActionResult, PrepaymentTerminal } from './prepayment/terminal.ts'

const DISPLAY_ENDPOINT = 1
const METERING_CLUSTER = 0x0702
/** Between looks for a meter that has not been found. Assumed. */
const SEARCH_AGAIN_US = seconds(60)
/** Between questions for price and message. Assumed. */
const NOTICES_EVERY_US = minutes(30)
/** Between looks at past use. Assumed. */
const HISTORY_EVERY_US = minutes(30)

/** Between looks at an account whose balance may change at any time, and at one that is billed or mirrored. Assumed. */
const ACCOUNT_EVERY_US = minutes(1)
const ACCOUNT_SELDOM_US = minutes(15)

export type DisplayProfile = PpmidProfile | IhdProfile | CadProfile

/** What the screen shows: register values as the meters gave them, prices and message as the hub did. */
export interface Shown extends ShownNotices {
  electricity?: number
  /** W x divisor / 1000 as the meter scales it. */
  demand?: number
  gas?: number
  /** What stands on the consumer's accounts. */
  account?: Partial<Record<Fuel, ShownAccount>>
  /** What an IHD shows of past use, in the meters' registers. */
  history?: Partial<Record<Fuel, ShownHistory>>
  /** What became of the last thing the consumer did, for each fuel. */
  result?: Partial<Record<Fuel, ActionResult>>
}

export class Display {
  /** What the consumer may do at it: a PPMID only. */
  readonly terminal: PrepaymentTerminal | undefined
  firmware: string
  /** How its firmware is changed over the air; absent where it is not. */
  readonly ota: OtaClient | undefined
  readonly shown: Shown = {}
  private readonly around: Surroundings
  private readonly profile: DisplayProfile
  private readonly joining: Joining
  private readonly node: ZclNode
  private readonly endpoint: ZclEndpoint
  private readonly notices: NoticeReader
  private readonly meters: Partial<Record<Fuel, Peer>> = {}
  private generation = 0

  /** `memory`: what it kept from before it was switched off. */
  constructor(
    around: Surroundings,
    profile: DisplayProfile,
    installed: Installed & { memory?: DeviceMemory | undefined },
  ) {
    const { memory } = installed
    this.around = around
    this.profile = profile
    this.firmware = memory?.firmware ?? profile.firmware.version
    const { node, endpoint, joining, ota } = standOnHan(around, profile, {
      ...installed,
      endpoint: DISPLAY_ENDPOINT,
      deviceId: SE_DEVICE.display,
      onJoined: () => this.onJoined(),
      onLeft: () => {
        this.generation++
      },
      ...{ clock: around.clock, ota: memory?.ota },
    })
    this.ota = ota
    this.node = node
    this.endpoint = endpoint
    this.joining = joining
    serveBasic(endpoint, profile, () => this.firmware)
    node.recallReports(memory?.reports ?? [])
    endpoint.use('Metering', {})
    endpoint.use('Prepayment', {})
    if (profile.device === 'PPMID') {
      this.terminal = new PrepaymentTerminal({
        ...{ endpoint, clock: around.clock, shown: this.shown },
        meterOf: fuel => this.meters[fuel],
        onChange: fuel => this.readAccount(fuel),
      })
    }
    const { clock, trace } = around
    // A CAD has no screen.
    const messages = profile.device !== 'CAD'
    this.notices = new NoticeReader({
      ...{ endpoint, esi: installed.esi, clock, trace, messages },
      listens: true,
      shown: this.shown,
    })
  }

  start(): void {
    this.joining.start()
  }

  /** Power goes: nothing is shown any more. */
  powerFails(): void {
    for (const what of Object.keys(this.shown) as (keyof Shown)[]) delete this.shown[what]
  }

  /** What it would keep if it lost power now. */
  memory(): DeviceMemory {
    const { firmware, node, ota } = this
    return { firmware, reports: node.reports(), ...(ota && { ota: ota.memory() }) }
  }

  private onJoined(): void {
    const generation = ++this.generation
    const { electricityIntervalS, gasIntervalS } = this.profile.display
    this.watch('electricity', seconds(electricityIntervalS), generation)
    this.watch('gas', seconds(gasIntervalS), generation)
    this.watchNotices(generation)
    if (this.profile.device === 'CAD') return
    this.watchAccount('electricity', generation)
    this.watchAccount('gas', generation)
    if (this.profile.device === 'IHD') this.watchHistory(generation)
  }

  private watchHistory(generation: number): void {
    if (generation !== this.generation) return
    const fuels = (['electricity', 'gas'] as const).flatMap(fuel => {
      const meter = this.meters[fuel]
      return meter ? [{ fuel, meter }] : []
    })
    const nextUs = fuels.length > 0 ? HISTORY_EVERY_US : SEARCH_AGAIN_US
    this.around.timers.after(nextUs, 'display history', () => this.watchHistory(generation))
    for (const { fuel, meter } of fuels) {
      readHistory(this.endpoint, meter, history => {
        if (history) this.shown.history = { ...this.shown.history, [fuel]: history }
      })
    }
  }

  private watchAccount(fuel: Fuel, generation: number): void {
    if (generation !== this.generation) return
    const isPrepayment = this.shown.account?.[fuel]?.mode === 'prepayment'
    const isLive = fuel === 'electricity' && isPrepayment
    const everyUs = isLive || !this.meters[fuel] ? ACCOUNT_EVERY_US : ACCOUNT_SELDOM_US
    this.around.timers.after(everyUs, `display ${fuel} account`, () => this.watchAccount(fuel, generation))
    this.readAccount(fuel)
  }

  private readAccount(fuel: Fuel): void {
    const meter = this.meters[fuel]
    if (!meter) return
    readAccount(this.endpoint, meter, account => {
      if (account) this.shown.account = { ...this.shown.account, [fuel]: account }
    })
  }

  private watchNotices(generation: number): void {
    if (generation !== this.generation) return
    this.around.timers.after(NOTICES_EVERY_US, 'display notices', () => this.watchNotices(generation))
    this.notices.ask()
  }

  /** Reads the meter of a fuel again and again, and looks for it while it is not known. */
  private watch(fuel: Fuel, everyUs: number, generation: number): void {
    if (generation !== this.generation) return
    const meter = this.meters[fuel]
    const next = meter ? everyUs : Math.min(everyUs, SEARCH_AGAIN_US)
    this.around.timers.after(next, `display ${fuel}`, () => this.watch(fuel, everyUs, generation))
    if (meter) this.read(fuel, meter)
    else this.search(fuel)
  }

  private search(fuel: Fuel): void {
    const query = { profileId: this.endpoint.profileId, clusterId: METERING_CLUSTER }
    this.around.han.discover(query, found => {
      for (const { device, endpoint } of found) {
        const peer = { device, endpoint }
        this.endpoint.read(peer, 'Metering', ['MeteringDeviceType'], outcome => {
          if (!outcome.ok) return
          const type = outcome.values.MeteringDeviceType
          if (type === METERING_DEVICE.electric) this.meters.electricity = peer
          if (type === METERING_DEVICE.mirroredGas) this.meters.gas = peer
          if (this.meters[fuel] === peer) this.read(fuel, peer)
        })
      }
    })
  }

  private read(fuel: Fuel, meter: Peer): void {
    if (fuel === 'gas') {
      this.endpoint.read(meter, 'Metering', ['CurrentSummationDelivered'], outcome => {
        if (outcome.ok && outcome.values.CurrentSummationDelivered !== undefined) {
          this.shown.gas = outcome.values.CurrentSummationDelivered
        }
      })
      return
    }
    this.endpoint.read(meter, 'Metering', ['CurrentSummationDelivered', 'InstantaneousDemand'], outcome => {
      if (!outcome.ok) return
      const { CurrentSummationDelivered, InstantaneousDemand } = outcome.values
      if (CurrentSummationDelivered !== undefined) this.shown.electricity = CurrentSummationDelivered
      if (InstantaneousDemand !== undefined) this.shown.demand = InstantaneousDemand
    })
  }
}
