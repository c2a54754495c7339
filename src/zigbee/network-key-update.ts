/**
 * A new network key for everybody: handed to each device under its own link key, used by all from one moment on. Whoever
 * sleeps gets it when next heard of; whoever misses it comes back by a rejoin without the network key.
 * @source ZigBee PRO, 4.6.3.4 network key update
 */
import type { Eui64 } from '../base/ids.ts'
import { hours, seconds } from '../base/time.ts'
import type { RandomStream, Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Aps } from './aps/aps.ts'
import type { NetworkKey } from './nwk/network-keys.ts'
import type { Nwk } from './nwk/nwk.ts'
import { NWK_BROADCAST } from './nwk-service.ts'
import { networkKeyCommand } from './trust-centre.ts'

export interface NetworkKeyUpdateOptions {
  eui64: Eui64
  nwk: Nwk
  aps: Aps
  timers: Timers
  random: RandomStream
  trace: Trace
  /** A key was made. */
  onNewKey: (key: NetworkKey) => void
}

/** Devices that have not been heard of by then are left behind. @source assumed: a day and a bit, for the longest sleepers */
const PATIENCE_US = hours(25)
/** Everybody who listens has it. @source ZigBee PRO: nwkNetworkBroadcastDeliveryTime, of the order of 9 s */
const DELIVERED_US = seconds(9)

interface Update {
  key: NetworkKey
  /** Devices that have not confirmed the key; true while it is on its way to one. */
  missing: Map<Eui64, boolean>
  timer: Timer
}

export class NetworkKeyUpdate {
  private readonly options: NetworkKeyUpdateOptions
  private update: Update | undefined

  constructor(options: NetworkKeyUpdateOptions) {
    this.options = options
  }

  /** Hands out a new key; false while an update is under way, or there is no network. */
  start(devices: Iterable<Eui64>): boolean {
    const { nwk, random } = this.options
    const { current } = nwk.keys
    if (!current || this.update) return false
    const key = { key: random.bytes(16), sequence: (current.sequence + 1) & 0xff }
    nwk.keys.install(key)
    this.options.onNewKey(key)
    this.handOut(key, devices)
    return true
  }

  /** After a restart: a key that was on its way to the devices is so again. Who has it takes it once more. */
  goOn(devices: Iterable<Eui64>): void {
    const { next } = this.options.nwk.keys
    if (!next) return
    this.options.onNewKey(next)
    this.handOut(next, devices)
  }

  private handOut(key: NetworkKey, devices: Iterable<Eui64>): void {
    const { timers } = this.options
    const timer = timers.after(PATIENCE_US, 'network key patience', () => this.switch())
    this.update = { key, missing: new Map([...devices].map(device => [device, false])), timer }
    for (const device of this.update.missing.keys()) this.offer(device)
    this.settle()
  }

  /** A device came onto the network, with the key that is about to be replaced. */
  joined(device: Eui64): void {
    if (this.update && !this.update.missing.has(device)) this.update.missing.set(device, false)
  }

  /** The device was heard: a good moment if it has to be told. */
  heard(device: Eui64): void {
    if (this.update?.missing.get(device) === false) this.offer(device)
  }

  /** The device is off the network, or gets the key another way. */
  forget(device: Eui64): void {
    if (this.update?.missing.delete(device)) this.settle()
  }

  private offer(device: Eui64): void {
    const { update } = this
    const { eui64, nwk, aps } = this.options
    const address = nwk.addressOf(device)
    if (!update || address === undefined) return
    update.missing.set(device, true)
    const command = networkKeyCommand({ key: update.key, device, trustCentre: eui64 })
    aps.sendCommand(address, device, command, { key: 'key-transport', ackRequest: true }, outcome => {
      if (this.update !== update || !update.missing.has(device)) return
      if (outcome === 'delivered') this.forget(device)
      else update.missing.set(device, false)
    })
  }

  /** Everybody has it: time for those who pass it on, then it is used. */
  private settle(): void {
    const { update } = this
    if (!update || update.missing.size > 0) return
    update.timer.cancel()
    update.timer = this.options.timers.after(DELIVERED_US, 'network key switch', () => this.switch())
  }

  /** From now on. */
  private switch(): void {
    const { update } = this
    if (!update) return
    this.update = undefined
    const { nwk, aps, trace } = this.options
    const { sequence } = update.key
    aps.broadcastCommand(NWK_BROADCAST.rxOnWhenIdle, { name: 'SwitchKey', keySequence: sequence })
    nwk.keys.switchTo(sequence)
    trace.emit({ kind: 'han.network-key', sequence, missed: [...update.missing.keys()].join() })
  }
}
