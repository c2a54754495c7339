/** The node that forms the network and is its trust centre: the hub's radio side. */
import { toHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { milliseconds, seconds } from '../base/time.ts'
import { linkKeyOfInstallCode } from '../crypto/link-keys.ts'
import type { HanCoordinator } from '../ports/han.ts'
import type { Timer } from '../ports/time.ts'
import type { CommandProtection } from './aps/aps.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import type { Capability } from './frames/capability.ts'
import { NetworkKeyUpdate } from './network-key-update.ts'
import type { NodeMemory } from './node-memory.ts'
import type { NetworkKey } from './nwk/network-keys.ts'
import type { Arrival } from './nwk/parenthood.ts'
import { NWK_BROADCAST } from './nwk-service.ts'
import { KEY_ESTABLISHMENT_US, TrustCentre, type TrustCentreBackup } from './trust-centre.ts'
import { ZigbeeNode, type ZigbeeNodeOptions } from './zigbee-node.ts'

/** @source ZigBee Smart Energy, as read in published stacks: at most 254 s, repeated about every 240 s */
const LONGEST_PERMIT_S = 254
const PERMIT_RENEWAL_S = 240

/** Network keys kept for opening captures. */
const KEYS_REMEMBERED = 64

export interface ZigbeeCoordinatorOptions extends Omit<ZigbeeNodeOptions, 'role'> {
  /** How long a device may take for key establishment, 60 min at most. Default 20 min. */
  keyEstablishmentUs?: Micros
}

export class ZigbeeCoordinator extends ZigbeeNode implements HanCoordinator {
  private readonly centre: TrustCentre
  /** Devices that were heard since they arrived, and have not left. */
  private readonly present = new Set<Eui64>()
  private readonly keyUpdate: NetworkKeyUpdate
  /** Network keys there were, the latest last: for opening captures. */
  private readonly networkKeys: NetworkKey[] = []
  /** Link keys from before it was switched off, for opening captures. */
  private readonly agreedBefore: readonly { key: string; label: string }[]
  private renewal: Timer | undefined

  constructor(options: ZigbeeCoordinatorOptions) {
    super({ ...options, role: 'coordinator' })
    const { nwk, aps, linkKeys, eui64 } = this
    this.centreDealings.centre = eui64
    const { keyEstablishmentUs = KEY_ESTABLISHMENT_US } = options
    this.centre = new TrustCentre({
      ...{ eui64, nwk, aps, linkKeys, timers: options.timers, random: options.random.stream('trust centre') },
      ...(options.credentials && { keyEstablishmentUs }),
      onExpelled: device => this.onLeave(device, false),
      onLeft: device => this.onLeave(device, false),
    })
    this.keyUpdate = new NetworkKeyUpdate({
      ...{ eui64, nwk, aps, timers: options.timers, trace: options.trace },
      random: options.random.stream('network key update'),
      onNewKey: key => this.remember(key),
    })
    const { centre, linkKeys: known } = options.memory ?? {}
    this.agreedBefore = (known?.keys ?? []).flatMap(({ peer, key, state }) =>
      peer !== undefined && state !== 'preconfigured' ? [{ key, label: `CBKE ${peer}` }] : [],
    )
    if (centre) {
      this.centre.remember(centre, centre.present)
      for (const device of centre.present) this.present.add(device)
    }
    const { current } = nwk.keys
    if (current) this.remember(current)
  }

  form(network: { panId: number; extendedPanId: Eui64; channel: number }): void {
    const { random } = this.options
    const key = { key: random.stream('network key').bytes(16), sequence: 0 }
    this.nwk.form(network, key)
    this.remember(key)
    this.formed(network)
  }

  override memory(): NodeMemory | undefined {
    const memory = super.memory()
    return memory && { ...memory, centre: { ...this.centre.memory(), present: [...this.present] } }
  }
  /** It has a network from before it was switched off. */
  get remembers(): boolean {
    return this.options.memory !== undefined
  }
  /** Goes on with the network it remembers. */
  resume(): void {
    const { settings } = this.nwk
    if (!settings) return
    this.nwk.resume()
    this.formed(settings)
    this.keyUpdate.goOn(this.present)
  }
  private formed({ panId, channel }: { panId: number; channel: number }): void {
    this.options.timers.after(milliseconds(1), 'zigbee formed', () => {
      this.options.trace.emit({ kind: 'han.formed', panId, channel })
      this.commissioning.take('formed')
    })
  }

  /** Routers are told too, for at most 254 s at a time. @source ZigBee Smart Energy: never 255 */
  permitJoining(forUs: Micros): void {
    const durationS = Math.ceil(forUs / 1_000_000)
    this.options.trace.emit({ kind: 'han.join-window', forS: durationS })
    this.permitFor(durationS)
    this.renewal?.cancel()
    this.tellRouters(durationS)
  }

  private tellRouters(leftS: number): void {
    const durationS = Math.min(leftS, LONGEST_PERMIT_S)
    if (this.joined) {
      this.zdo.tell(NWK_BROADCAST.routers, {
        name: 'ManagementPermitJoiningRequest',
        durationS,
        trustCentreSignificance: true,
      })
    }
    if (leftS <= LONGEST_PERMIT_S) return
    this.renewal = this.options.timers.after(seconds(PERMIT_RENEWAL_S), 'zigbee permit', () =>
      this.tellRouters(leftS - PERMIT_RENEWAL_S),
    )
  }

  authorise(device: Eui64, installCode: Uint8Array, formerForUs?: Micros): void {
    this.centre.authorise(device, this.options.preconfiguredKey ?? linkKeyOfInstallCode(installCode), formerForUs)
  }

  updateNetworkKey(): boolean {
    return this.keyUpdate.start(this.present)
  }

  remove(device: Eui64): void {
    this.centre.remove(device)
    this.keyUpdate.forget(device)
    if (this.present.delete(device))
      this.options.timers.after(0, 'zigbee removed', () => this.listener.onDeviceLeft?.(device))
  }

  /** The link key of a device carries no more data; the next that comes under it makes for a new one. */
  retireLinkKey(device: Eui64): void {
    this.centre.retire(device)
  }
  /** What a replacement of this hub needs; undefined while there is no network. */
  backup(): TrustCentreBackup | undefined {
    return this.centre.backup()
  }
  /** Takes over the devices of the hub that this one replaces; form its network after that. */
  restore(backup: TrustCentreBackup): void {
    this.centre.restore(backup)
  }

  /** Every network key and link key there was, as hex: for opening captures of a test HAN. */
  testKeys(): { key: string; label: string }[] {
    const codes = this.centre.preconfigured.map(({ device, key }) => ({
      key: toHex(key),
      label: `install code ${device}`,
    }))
    const established = this.linkSecurity?.established ?? []
    const agreed = [
      ...this.agreedBefore,
      ...established.map(({ device, key }) => ({ key: toHex(key), label: `CBKE ${device}` })),
    ]
    return [
      ...this.networkKeys.map(({ key, sequence }) => ({ key: toHex(key), label: `network key ${sequence}` })),
      ...codes,
      ...agreed,
    ]
  }

  protected override mayCommunicate(device: Eui64): boolean {
    return this.centre.isListed(device)
  }
  protected override mayExist(device: Eui64): boolean {
    return this.centre.isListed(device)
  }
  protected override established(device: Eui64): void {
    super.established(device)
    if (this.centre.isListed(device)) this.centre.established(device)
    else this.linkKeys.delete(device)
  }
  protected override admitsExchange(device: Eui64): boolean {
    return this.centre.isListed(device)
  }
  protected override staleKeyUsed(device: Eui64): void {
    if (this.centre.isListed(device)) this.linkSecurity?.renew(device)
  }
  protected override onArrival(device: Eui64, address: number, _capability: Capability, how: Arrival): void {
    // Anybody can ask to be taken back without the network key, in any name: that says nothing of the device.
    if (how !== 'trust centre rejoin') this.present.delete(device)
    this.centre.arrived(device, address, how)
  }
  /** The first authentic frame shows that a device holds the key, its announcement or any other. */
  protected override onHeard(device: Eui64): void {
    if (this.centre.isListed(device) && !this.present.has(device)) {
      this.present.add(device)
      this.keyUpdate.joined(device)
      this.listener.onDeviceJoined?.(device)
    }
    this.keyUpdate.heard(device)
    this.listener.onHeard?.(device)
  }
  protected override onAnnounce(device: Eui64): void {
    this.onHeard(device)
  }
  protected override onLeave(device: Eui64, rejoin: boolean): void {
    super.onLeave(device, rejoin)
    this.keyUpdate.forget(device)
    if (this.present.delete(device)) this.listener.onDeviceLeft?.(device)
  }
  private remember(key: NetworkKey): void {
    this.networkKeys.push(key)
    if (this.networkKeys.length > KEYS_REMEMBERED) this.networkKeys.shift()
  }
  protected override obey(
    from: { address: number; eui64: Eui64 | undefined },
    command: ApsCommand,
    how: CommandProtection,
  ): void {
    if (!this.centre.obey(from, command, how)) super.obey(from, command, how)
  }
}
