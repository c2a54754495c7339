/**
 * The trust centre: which devices may have the network key, and how each gets it, directly or through its parent.
 * @source ZigBee PRO, 4.6.3; ZigBee Smart Energy: preconfigured keys from install codes
 */
import type { Eui64 } from '../base/ids.ts'
import { linkKeyOfInstallCode } from '../crypto/link-keys.ts'
import type { RandomStream } from '../ports/time.ts'
import type { Aps, CommandProtection } from './aps/aps.ts'
import type { LinkKeys } from './aps/link-keys.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import type { Nwk } from './nwk/nwk.ts'
import type { Arrival } from './nwk/parenthood.ts'
import { NWK_BROADCAST } from './nwk-service.ts'

export interface TrustCentreOptions {
  eui64: Eui64
  nwk: Nwk
  aps: Aps
  linkKeys: LinkKeys
  random: RandomStream
}

export class TrustCentre {
  private readonly options: TrustCentreOptions
  /** Keys made from install codes, as they were listed. */
  readonly preconfigured: { device: Eui64; key: Uint8Array }[] = []
  private readonly listed = new Set<Eui64>()
  /** Parent of each device that did not come through this node. */
  private readonly parents = new Map<Eui64, Eui64>()

  constructor(options: TrustCentreOptions) {
    this.options = options
  }

  isListed(device: Eui64): boolean {
    return this.listed.has(device)
  }

  /** `installCode` with its CRC. @throws WireError `crypto.install-code` */
  authorise(device: Eui64, installCode: Uint8Array): void {
    const key = linkKeyOfInstallCode(installCode)
    this.options.linkKeys.set(device, key, 'preconfigured')
    this.preconfigured.push({ device, key })
    this.listed.add(device)
  }

  /** Takes a device off the list and off the network. */
  remove(device: Eui64): void {
    const { nwk, aps, linkKeys } = this.options
    this.listed.delete(device)
    const parent = this.parents.get(device)
    const parentAddress = parent === undefined ? undefined : nwk.addressOf(parent)
    if (parent !== undefined && parentAddress !== undefined) {
      aps.sendCommand(parentAddress, parent, { name: 'RemoveDevice', target: device }, { key: 'data' })
    }
    nwk.dismiss(device)
    linkKeys.delete(device)
    this.parents.delete(device)
  }

  /** A device has an address at this node. */
  arrived(device: Eui64, address: number, how: Arrival): void {
    this.parents.delete(device)
    // An unknown device is ignored: it gives up when no key comes.
    if (how === 'secured rejoin' || !this.listed.has(device)) return
    const key = this.networkKeyFor(device)
    if (key) this.options.aps.sendCommand(address, device, key, { key: 'key-transport', nwkUnsecured: true })
  }

  /** Commands for the trust centre; true when it was one. */
  obey(from: { eui64: Eui64 | undefined }, command: ApsCommand, how: CommandProtection): boolean {
    switch (command.name) {
      case 'UpdateDevice':
        if (from.eui64 !== undefined && how.nwkSecured) this.updated(from.eui64, command)
        return true
      case 'RequestKey':
        if (from.eui64 !== undefined && how.protectedBy !== 'none' && command.keyType === 'application-link') {
          this.introduce(from.eui64, command.partner)
        }
        return true
      default:
        return false
    }
  }

  /** A new network key for everybody: handed out now, used from `switchKey` on. */
  distributeKey(devices: readonly Eui64[]): void {
    const { nwk, aps, random } = this.options
    const current = nwk.keys.current
    if (!current) return
    const next = { key: random.bytes(16), sequence: (current.sequence + 1) & 0xff }
    nwk.keys.install(next)
    for (const device of devices) {
      const address = nwk.addressOf(device)
      const key = this.networkKeyFor(device, next)
      if (address !== undefined && key)
        aps.sendCommand(address, device, key, { key: 'key-transport', ackRequest: true })
    }
  }

  switchKey(): void {
    const { nwk, aps } = this.options
    const next = ((nwk.keys.current?.sequence ?? 0) + 1) & 0xff
    if (!nwk.keys.bySequence(next)) return
    aps.broadcastCommand(NWK_BROADCAST.rxOnWhenIdle, { name: 'SwitchKey', keySequence: next })
    nwk.keys.switchTo(next)
  }

  private networkKeyFor(device: Eui64, key = this.options.nwk.keys.current): ApsCommand | undefined {
    return (
      key && {
        name: 'TransportKey',
        keyType: 'network',
        key: key.key,
        keySequence: key.sequence,
        destination: device,
        source: this.options.eui64,
      }
    )
  }

  /** A router tells of a device near it. Its key travels inside a tunnel to the router. */
  private updated(parent: Eui64, { device, status }: Extract<ApsCommand, { name: 'UpdateDevice' }>): void {
    const { nwk, aps } = this.options
    if (status === 'left') {
      this.parents.delete(device)
      return
    }
    this.parents.set(device, parent)
    nwk.disown(device)
    const command = this.listed.has(device) && status !== 'secured rejoin' ? this.networkKeyFor(device) : undefined
    const frame = command && aps.sealCommand(device, command, 'key-transport')
    const address = nwk.addressOf(parent)
    if (frame && address !== undefined) {
      aps.sendCommand(address, parent, { name: 'Tunnel', destination: device, frame }, { key: 'none' })
    }
  }

  /** Hands the same key to two devices that want to talk. */
  private introduce(initiator: Eui64, partner: Eui64): void {
    const { nwk, aps, random } = this.options
    if (!this.listed.has(initiator) || !this.listed.has(partner)) return
    const key = random.bytes(16)
    for (const [device, other] of [
      [initiator, partner],
      [partner, initiator],
    ] as const) {
      const address = nwk.addressOf(device)
      if (address === undefined) return
      aps.sendCommand(
        address,
        device,
        { name: 'TransportKey', keyType: 'application-link', key, partner: other, initiator: device === initiator },
        { key: 'key-load', ackRequest: true },
      )
    }
  }
}
