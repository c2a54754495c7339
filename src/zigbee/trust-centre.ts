/**
 * The trust centre: which devices may have the network key, how each gets it, directly or through its parent, and who has to
 * go again.
 * @source ZigBee PRO, 4.6.3; ZigBee Smart Energy: preconfigured keys from install codes, key establishment in time
 */
import { fromHex, toHex } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { minutes } from '../base/time.ts'
import { swapOutKey } from '../crypto/link-keys.ts'
import { equalOctets } from '../crypto/octets.ts'
import type { RandomStream, Timer, Timers } from '../ports/time.ts'
import type { Aps, CommandProtection } from './aps/aps.ts'
import type { LinkKeys } from './aps/link-keys.ts'
import { isDeviceAddress } from './frames/addresses.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import { introduce } from './introduction.ts'
import type { NetworkKey } from './nwk/network-keys.ts'
import type { Nwk } from './nwk/nwk.ts'
import type { Arrival } from './nwk/parenthood.ts'
import type { NetworkSettings } from './nwk/place.ts'

/** What a router tells of a device near it. */
export type UpdateStatus = Extract<ApsCommand, { name: 'UpdateDevice' }>['status']

export interface TrustCentreOptions {
  eui64: Eui64
  nwk: Nwk
  aps: Aps
  linkKeys: LinkKeys
  timers: Timers
  random: RandomStream
  /** How long a device may take for key establishment, 60 min at most; as long as it likes when absent. */
  keyEstablishmentUs?: Micros
  /**
   * What a device that is not there yet joins with; undefined keeps it out. Asked for every one that associates, and for those
   * not listed that come back without the network key. Only listed devices get in when absent.
   */
  keyFor?: (device: Eui64, how: 'unsecured join' | 'trust centre rejoin') => Uint8Array | undefined
  /** A device that may be here has an address at a router, whose short address is `parent`. */
  onMoved?: (device: Eui64, address: number, parent: number, how: Exclude<UpdateStatus, 'left'>) => void
  /** A device was sent off the network for want of a key. */
  onExpelled: (device: Eui64) => void
  /** A device behind a router left. */
  onLeft: (device: Eui64) => void
}

/** What a replacement of a trust centre needs. It opens nothing that was sent under the keys themselves. */
export interface TrustCentreBackup {
  trustCentre: Eui64
  network: NetworkSettings
  /** `hashedKey`: AES-MMO of the link key, 32 hex digits. */
  devices: readonly { device: Eui64; hashedKey: string }[]
}

/** What survives a restart. Keys are 32 hex digits. */
export interface TrustCentreMemory {
  listed: readonly (readonly [device: Eui64, joinsWith: string])[]
  parents: readonly (readonly [device: Eui64, parent: Eui64])[]
}

/** How long a device gets for key establishment. @source assumed: a policy, within the 60 min of Smart Energy */
export const KEY_ESTABLISHMENT_US = minutes(20)
/** @source ZigBee Smart Energy, as read in published stacks */
const LONGEST_KEY_ESTABLISHMENT_US = minutes(60)

/** Parents, and keys for captures, that are remembered. @source assumed */
const REMEMBERED = 1_024

export class TrustCentre {
  private readonly options: TrustCentreOptions
  /** Keys made from install codes, as they were listed. */
  readonly preconfigured: { device: Eui64; key: Uint8Array }[] = []
  /** Devices that may be here, and the key each joins with. */
  private readonly listed = new Map<Eui64, Uint8Array>()
  /** Parent of each device that did not come through this node. */
  private readonly parents = new Map<Eui64, Eui64>()
  /** Of devices that have the network key and no link key yet that may carry data. */
  private readonly deadlines = new Map<Eui64, Timer>()

  /** @throws InvariantError when a device would get more than 60 min */
  constructor(options: TrustCentreOptions) {
    const { keyEstablishmentUs = 0 } = options
    if (keyEstablishmentUs > LONGEST_KEY_ESTABLISHMENT_US) {
      throw new InvariantError(
        `trust centre: keyEstablishmentUs ${keyEstablishmentUs} found, at most ${LONGEST_KEY_ESTABLISHMENT_US} expected`,
      )
    }
    this.options = options
  }

  isListed(device: Eui64): boolean {
    return this.listed.has(device)
  }
  /** The router a device came through; undefined: through this node, or nobody knows. */
  parentOf(device: Eui64): Eui64 | undefined {
    return this.parents.get(device)
  }

  /**
   * `key`: the link key it joins with, 16 octets. `formerForUs`: for so long one that was here before, and has not heard that it was
   * taken off, may come back with the link key it had; after that it has to prove itself anew.
   */
  authorise(device: Eui64, key: Uint8Array, formerForUs: Micros = 0): void {
    const { nwk, linkKeys, timers } = this.options
    const former = formerForUs > 0 && !this.listed.has(device) ? linkKeys.takeBack(device) : undefined
    this.list(device, key)
    if (!former) return
    // Dismissed, and not heard of since: when it speaks it is sent to look for a parent, not off the network.
    if (nwk.children.of(device)?.life === 'dismissed') nwk.disown(device)
    const heard = former.nextIncoming
    timers.after(formerForUs, 'former link key', () => {
      if (linkKeys.get(device) !== former || former.nextIncoming !== heard) return
      linkKeys.set(device, key, 'preconfigured')
      this.expectProof(device)
    })
  }

  /** Takes a device off the list and off the network; its link key is kept for the case that it is listed again. */
  remove(device: Eui64): void {
    this.expel(device)
    this.options.linkKeys.setAside(device)
    this.forget(device)
  }
  /** Takes a device that has left off the list. */
  forget(device: Eui64): void {
    this.parents.delete(device)
    this.listed.delete(device)
    this.options.linkKeys.delete(device)
  }
  /** Takes all off the list. */
  clear(): void {
    for (const device of [...this.listed.keys()]) {
      this.established(device)
      this.forget(device)
    }
    this.parents.clear()
  }

  /** A device has an address at this node. Whether it may be here. */
  arrived(device: Eui64, address: number, how: Arrival): boolean {
    this.parents.delete(device)
    const key = this.admit(device, how === 'association' ? 'unsecured join' : how)
    if (key) this.options.aps.sendCommand(address, device, key, { key: 'key-transport', nwkUnsecured: true })
    return how === 'secured rejoin' || key !== undefined
  }

  /** A link key that may carry data is shared with the device now. */
  established(device: Eui64): void {
    this.deadlines.get(device)?.cancel()
    this.deadlines.delete(device)
  }

  /** The link key of a device carries no more data; the next that comes under it makes for a new one. */
  retire(device: Eui64): void {
    const key = this.options.linkKeys.get(device)
    if (key?.state === 'verified') key.state = 'stale'
  }

  /** For a replacement of this node; undefined while there is no network. */
  backup(): TrustCentreBackup | undefined {
    const { eui64: trustCentre, nwk, linkKeys } = this.options
    const devices = [...this.listed.keys()].flatMap(device => {
      const key = linkKeys.get(device)
      return key ? [{ device, hashedKey: toHex(swapOutKey(key.octets('data'))) }] : []
    })
    return nwk.settings && { trustCentre, network: nwk.settings, devices }
  }

  /** Lists the devices of the trust centre that this one replaces; the hashes are the keys they come back with. */
  restore({ devices }: TrustCentreBackup): void {
    for (const { device, hashedKey } of devices) this.list(device, fromHex(hashedKey))
  }

  /** What is to be kept over a restart, besides the link keys. */
  memory(): TrustCentreMemory {
    const listed = [...this.listed].map(([device, key]) => [device, toHex(key)] as const)
    return { listed, parents: [...this.parents] }
  }
  /** After a restart. A device on the network that has not proved itself gets the whole time for it again. */
  remember({ listed, parents }: TrustCentreMemory, present: readonly Eui64[]): void {
    for (const [device, key] of listed) this.note(device, fromHex(key))
    for (const device of present) this.expectProof(device)
    for (const [device, parent] of parents) this.parents.set(device, parent)
  }

  /** Commands for the trust centre; true when it was one. */
  obey(from: { eui64: Eui64 | undefined }, command: ApsCommand, how: CommandProtection): boolean {
    switch (command.name) {
      case 'UpdateDevice':
        if (from.eui64 !== undefined && how.nwkSecured) this.updated(from.eui64, command)
        return true
      case 'RequestKey':
        if (from.eui64 !== undefined && how.protectedBy === 'data' && command.keyType === 'application-link') {
          const both = [from.eui64, command.partner] as const
          if (both.every(device => this.listed.has(device) && this.isTrusted(device))) introduce(both, this.options)
        }
        return true
      default:
        return false
    }
  }

  /** What was agreed with a device stays good until it joins anew. */
  private list(device: Eui64, key: Uint8Array): void {
    const { linkKeys } = this.options
    const state = linkKeys.get(device)?.state
    if (state === undefined || state === 'preconfigured') linkKeys.set(device, key, 'preconfigured')
    this.note(device, key)
  }
  private note(device: Eui64, key: Uint8Array): void {
    const isKnown = this.preconfigured.some(known => known.device === device && equalOctets(known.key, key))
    if (!isKnown && this.preconfigured.length < REMEMBERED) this.preconfigured.push({ device, key })
    this.listed.set(device, key)
  }

  /** The network key for a device that has come without it; undefined when it has it, or is to have none. */
  private admit(device: Eui64, how: Exclude<UpdateStatus, 'left'>): ApsCommand | undefined {
    if (how === 'secured rejoin') return
    const isNew = !this.listed.has(device)
    const joinsWith = this.joiningKey(device, how)
    // An unknown device is ignored: it gives up when no key comes.
    if (!joinsWith) return
    const { linkKeys } = this.options
    // Who joins anew has forgotten what was agreed, and has all the time again; who comes back has neither.
    if (how === 'unsecured join' || isNew) {
      linkKeys.set(device, joinsWith, 'preconfigured')
      this.established(device)
    }
    this.expectProof(device)
    const { nwk, eui64: trustCentre } = this.options
    const key = nwk.keys.current
    return key && networkKeyCommand({ key, device, trustCentre })
  }

  private joiningKey(device: Eui64, how: 'unsecured join' | 'trust centre rejoin'): Uint8Array | undefined {
    const { keyFor } = this.options
    const known = this.listed.get(device)
    if (!keyFor || (known && how === 'trust centre rejoin')) return known
    const key = keyFor(device, how)
    if (key) this.note(device, key)
    return key
  }

  /** A device without a link key of its own that may carry data has a while to make one. */
  private expectProof(device: Eui64): void {
    const { keyEstablishmentUs, timers } = this.options
    if (keyEstablishmentUs === undefined || this.isTrusted(device) || this.deadlines.has(device)) return
    const expire = () => {
      this.expel(device)
      this.options.onExpelled(device)
    }
    this.deadlines.set(device, timers.after(keyEstablishmentUs, 'key establishment deadline', expire))
  }

  /** Whether a device has proved itself, where that is asked for. */
  private isTrusted(device: Eui64): boolean {
    return this.options.keyEstablishmentUs === undefined || this.options.linkKeys.get(device)?.state === 'verified'
  }

  /** Off the network, by an order to its parent: this node, another, or nobody knows, then to the device itself. */
  private expel(device: Eui64): void {
    const { nwk, aps } = this.options
    const isChild = nwk.children.of(device) !== undefined
    const order = isChild ? undefined : (this.parents.get(device) ?? device)
    const address = order === undefined ? undefined : nwk.addressOf(order)
    if (order !== undefined && address !== undefined) {
      const protection = { key: 'data', ackRequest: true } as const
      aps.sendCommand(address, order, { name: 'RemoveDevice', target: device }, protection)
    }
    nwk.dismiss(device)
    this.parents.delete(device)
    this.established(device)
  }

  /** A router tells of a device near it. Its key travels inside a tunnel to the router. */
  private updated(parent: Eui64, { device, address, status }: Extract<ApsCommand, { name: 'UpdateDevice' }>): void {
    const { nwk, aps, onMoved } = this.options
    if (status === 'left') {
      // Only of a device that has not found another parent since.
      const known = this.parents.get(device)
      if (known === undefined ? nwk.children.of(device) : known !== parent) return
      this.parents.delete(device)
      return this.options.onLeft(device)
    }
    if (device === nwk.eui64 || !isDeviceAddress(address)) return
    this.parents.set(device, parent)
    const [first] = this.parents.keys()
    if (this.parents.size > REMEMBERED && first !== undefined) this.parents.delete(first)
    nwk.disown(device)
    const command = this.admit(device, status)
    const frame = command && aps.sealCommand(device, command, 'key-transport')
    const parentAddress = nwk.addressOf(parent)
    if (parentAddress === undefined) return
    if (command || status === 'secured rejoin') onMoved?.(device, address, parentAddress, status)
    if (frame) aps.sendCommand(parentAddress, parent, { name: 'Tunnel', destination: device, frame }, { key: 'none' })
  }
}

/** The command by which a trust centre gives a device the network key. */
export const networkKeyCommand = (to: { key: NetworkKey; device: Eui64; trustCentre: Eui64 }): ApsCommand => ({
  name: 'TransportKey',
  keyType: 'network',
  key: to.key.key,
  keySequence: to.key.sequence,
  destination: to.device,
  source: to.trustCentre,
})
