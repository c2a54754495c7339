/** What a parent does for its children as long as they are its own, and for those that wrongly think they are. */
import type { Eui64, Micros } from '../../base/ids.ts'
import { minutes, seconds } from '../../base/time.ts'
import type { Clock, RandomStream, Timer, Timers } from '../../ports/time.ts'
import type { NwkCommand } from '../frames/nwk-commands.ts'
import type { MacService } from '../mac-service.ts'
import type { NwkOutcome } from '../nwk-service.ts'
import { type ChildEffect, type ChildEvent, childStep } from './child-life.ts'
import { type Child, type ChildMemory, Children } from './children.ts'
import type { NwkManager } from './nwk-options.ts'
import type { Place } from './place.ts'
import type { CommandOptions } from './transmitter.ts'

/** `never`: a child stays one until it leaves or is claimed by another parent. */
export type ChildAgeing = 'never' | 'by timeout'

export interface ChildCareOptions {
  mac: MacService
  clock: Pick<Clock, 'nowUs'>
  timers: Timers
  random: RandomStream
  place: Place
  manager: NwkManager
  ageing: ChildAgeing
  maxChildren: number | undefined
  /** A poll shows that a child is there. */
  pollsCount: boolean
  command: (command: NwkCommand, to: number, how: CommandOptions, onDone: (outcome: NwkOutcome) => void) => void
}

/** Who has shown no key by then has given up long ago. @source assumed; a joiner gives up after some 10 s */
const ARRIVAL_US = seconds(60)
/** @source ZigBee PRO, 3.6.1.4: nwkEndDeviceTimeoutDefault 8, 256 min */
export const DEFAULT_TIMEOUT = 8
const LONGEST_TIMEOUT = 14
/** @source ZigBee PRO, 2.4.3.1.12: apsParentAnnounceBaseTimer 10 s, apsParentAnnounceJitterMax 10 s */
const ANNOUNCE_US = seconds(10)
/** Strangers that are told to leave at a time. @source assumed */
const STRANGERS = 16

/** The time an end device asks for by number; undefined: no such number. @source ZigBee PRO, 3.4.11.3.1 requested timeout */
export function timeoutUs(requested: number): Micros | undefined {
  if (requested === 0) return seconds(10)
  return requested <= LONGEST_TIMEOUT ? minutes(2 ** requested) : undefined
}

export class ChildCare {
  readonly children: Children
  private readonly options: ChildCareOptions
  private readonly toAnnounce = new Set<Eui64>()
  /** Addresses that poll here without being children, and are being told so. */
  private readonly strangers = new Set<number>()
  private readonly watches = new Map<Eui64, Timer>()

  constructor(options: ChildCareOptions) {
    this.options = options
    this.children = new Children(options.maxChildren)
  }

  /** A device has an address here. `proved`: it has shown that it holds the network key. */
  adopt(child: Pick<Child, 'device' | 'address' | 'sleepy' | 'router'>, proved: boolean): void {
    const life = proved ? 'present' : 'arriving'
    this.take({
      ...child,
      life,
      timeoutUs: timeoutUs(DEFAULT_TIMEOUT) ?? 0,
      heardAtUs: this.now,
      lqi: 0,
    })
  }

  /** Children of before a restart: they are announced, so that a parent that has one of them by now says so. */
  restore(children: readonly ChildMemory[]): void {
    for (const child of children) {
      this.take({ ...child, life: 'doubtful', heardAtUs: this.now, lqi: 0 })
      if (!child.router) this.announce(child.device)
    }
  }
  memory(): ChildMemory[] {
    return this.children
      .list()
      .filter(({ life }) => life !== 'arriving' && life !== 'dismissed')
      .map(({ device, address, sleepy, router, timeoutUs }) => ({ device, address, sleepy, router, timeoutUs }))
  }

  /** A node polled, be it a child of this one or not. Who is none is told to find a parent. */
  polled(by: number | Eui64): void {
    const child = typeof by === 'number' ? this.children.at(by) : this.children.of(by)
    if (child) this.happened(child.device, 'kept-alive')
    else if (typeof by === 'number') this.turnAway(by)
  }

  /** A node takes this one for its parent, wrongly: it is told to come back, or to go for good where it is not wanted. */
  turnAway(address: number): void {
    const { place, manager } = this.options
    if (!place.isOnNetwork || this.strangers.has(address) || this.strangers.size >= STRANGERS) return
    this.strangers.add(address)
    const device = place.eui64Of(address)
    const how = { ...(device !== undefined && { destinationEui64: device }), held: true }
    const rejoin = device === undefined || manager.mayCommunicate?.(device) !== false
    this.order(address, { ...how, rejoin }, () => this.strangers.delete(address))
  }

  /** Kept for another while. Undefined: it is no child that ages. */
  grantTimeout(address: number, requested: number): { granted: boolean } | undefined {
    const child = this.children.at(address)
    if (!child || child.router) return undefined
    const wanted = timeoutUs(requested)
    if (wanted === undefined) return { granted: false }
    child.timeoutUs = wanted
    this.watch(child)
    return { granted: true }
  }

  /** A child is to leave the network and to come back. */
  sendRound(device: Eui64): void {
    const child = this.children.of(device)
    if (child) this.order(child.address, { destinationEui64: device, rejoin: true }, () => {})
  }

  /** Another parent announces children: those that are children here, and heard of. */
  claimed(devices: readonly Eui64[]): Eui64[] {
    return devices.filter(device => this.happened(device, 'claimed').includes('claim'))
  }
  /** A device announced itself: a child here may have moved. */
  announced(device: Eui64, address: number): void {
    const child = this.children.of(device)
    if (child && child.address !== address) this.happened(device, 'moved')
  }

  /** A node says that it leaves. */
  left(device: Eui64, rejoin: boolean): void {
    const child = this.children.of(device)
    this.happened(device, 'moved')
    if (child && !rejoin) this.options.manager.onChildLeft?.(device, child.address)
  }

  /** Something happened to a child. Returns what was done about it; nothing for a device that is none. */
  happened(device: Eui64, event: ChildEvent): readonly ChildEffect[] {
    const child = this.children.of(device)
    if (!child) return []
    const before = child.life
    const { life, effects } = childStep(before, event)
    if (life === 'gone') {
      this.drop(child)
      return effects
    }
    child.life = life
    if (event === 'proved' || (event === 'kept-alive' && this.options.pollsCount)) child.heardAtUs = this.now
    if (before === 'arriving' && life === 'present') this.watch(child)
    if (before !== 'dismissed' && life === 'dismissed') this.options.mac.dropIndirect(child.address)
    for (const effect of effects) this.carryOut(effect, child)
    return effects
  }

  /** Announced after a while, if it is a child here by then that has shown the network key. */
  announce(device: Eui64): void {
    const { timers, random, manager } = this.options
    if (this.toAnnounce.add(device).size > 1) return
    timers.after(ANNOUNCE_US + random.int(ANNOUNCE_US), 'nwk parent announce', () => {
      const known = new Set(this.memory().map(({ device }) => device))
      const devices = [...this.toAnnounce].filter(each => known.has(each))
      this.toAnnounce.clear()
      if (devices.length > 0) manager.onParentAnnounce?.(devices)
    })
  }

  clear(): void {
    for (const watch of this.watches.values()) watch.cancel()
    this.watches.clear()
    this.children.clear()
    this.toAnnounce.clear()
    this.strangers.clear()
  }

  private get now(): Micros {
    return this.options.clock.nowUs()
  }

  private carryOut(effect: ChildEffect, { device, address }: Child): void {
    switch (effect) {
      case 'report':
        return this.options.manager.onHeard?.(device)
      case 'announce':
        return this.announce(device)
      case 'order':
        return this.order(address, { destinationEui64: device, rejoin: false }, outcome => {
          if (outcome !== 'sent') return
          if (this.children.of(device)?.life === 'dismissed') this.options.manager.onChildLeft?.(device, address)
          this.happened(device, 'told')
        })
      case 'claim':
        // The caller of `claimed` collects these.
        return
      default:
        effect satisfies never
    }
  }

  private order(
    address: number,
    { rejoin, ...how }: CommandOptions & { rejoin: boolean },
    onDone: (outcome: NwkOutcome) => void,
  ): void {
    const command: NwkCommand = { name: 'Leave', rejoin, request: true, removeChildren: false }
    this.options.command(command, address, { sourceEui64: true, radius: 1, ...how }, onDone)
  }

  private take(child: Child): void {
    // An order to look for a parent, meant for who had the address before it came here.
    if (this.strangers.has(child.address)) this.options.mac.dropIndirect(child.address)
    this.children.add(child)
    this.watch(child)
  }

  /** Looks after a child when its time is over, and again as long as it was heard of meanwhile. */
  private watch(child: Child): void {
    this.watches.get(child.device)?.cancel()
    const isArriving = child.life === 'arriving'
    if (!isArriving && (child.router || this.options.ageing === 'never')) return
    const patienceUs = isArriving ? ARRIVAL_US : child.timeoutUs
    const leftUs = Math.max(child.heardAtUs + patienceUs - this.now, 0)
    const look = () => {
      if (this.now - child.heardAtUs >= patienceUs) this.happened(child.device, 'overdue')
      else this.watch(child)
    }
    this.watches.set(child.device, this.options.timers.after(leftUs, 'nwk child ageing', look))
  }

  private drop({ device, address }: Child): void {
    this.watches.get(device)?.cancel()
    this.watches.delete(device)
    this.children.remove(device)
    this.options.mac.dropIndirect(address)
  }
}
