/**
 * A node and its trust centre: what the node obeys, whose keys it takes, what it reports and asks for.
 * @source ZigBee PRO, 4.4 APS security; ZigBee Smart Energy: only what the trust centre protected is obeyed
 */
import type { Eui64 } from '../base/ids.ts'
import type { Aps, CommandProtection } from './aps/aps.ts'
import type { LinkKeys } from './aps/link-keys.ts'
import type { Commissioning } from './commissioning.ts'
import { COORDINATOR } from './frames/addresses.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import type { Nwk } from './nwk/nwk.ts'
import type { UpdateStatus } from './trust-centre.ts'
import type { Zdo } from './zdo/zdo.ts'

export interface CentreDealingsOptions {
  nwk: Nwk
  aps: Aps
  zdo: Zdo
  linkKeys: LinkKeys
  commissioning: () => Commissioning
  /** A key for the partner came. */
  onPartnerKey: (partner: Eui64) => void
  /** An answer is awaited. */
  onWaiting: () => void
}

type From = { eui64: Eui64 | undefined }

export class CentreDealings {
  /** Undefined until the first network key has come. */
  centre: Eui64 | undefined
  private readonly options: CentreDealingsOptions

  constructor(options: CentreDealingsOptions) {
    this.options = options
  }

  /** The link key shared with the trust centre may carry data. */
  get isTrusted(): boolean {
    return this.centre !== undefined && this.options.linkKeys.get(this.centre)?.state === 'verified'
  }

  obey(from: From, command: ApsCommand, how: CommandProtection): void {
    const { nwk, commissioning } = this.options
    const isCentre = from.eui64 !== undefined && from.eui64 === this.centre
    switch (command.name) {
      case 'TransportKey':
        return this.takeKey(isCentre, command, how)
      case 'SwitchKey':
        if (how.nwkSecured && isCentre) nwk.keys.switchTo(command.keySequence)
        return
      case 'RemoveDevice':
        if (how.protectedBy !== 'data' || !isCentre) return
        if (command.target === nwk.eui64) commissioning().take('removed')
        else nwk.dismiss(command.target)
        return
      case 'Tunnel': {
        const child = nwk.children.of(command.destination)
        if (child && how.nwkSecured) nwk.send(child.address, command.frame, { unsecured: true })
        return
      }
      case 'UpdateDevice':
      case 'RequestKey':
      case 'VerifyKey':
      case 'ConfirmKey':
        return
      default:
        command satisfies never
    }
  }

  /** A router tells of what comes and goes at it. @source ZigBee PRO, 4.4.3 update device */
  report(device: Eui64, address: number, status: UpdateStatus): void {
    const { nwk, aps } = this.options
    const { centre } = this
    if (centre === undefined || centre === nwk.eui64) return
    const key = this.isTrusted ? 'data' : 'none'
    aps.sendCommand(COORDINATOR, centre, { name: 'UpdateDevice', device, address, status }, { key })
  }

  /** Asks for a key to share with another device. */
  askForKey(partner: Eui64): void {
    const { aps, onWaiting } = this.options
    if (this.centre === undefined) return
    const command: ApsCommand = { name: 'RequestKey', keyType: 'application-link', partner }
    aps.sendCommand(COORDINATOR, this.centre, command, { key: 'data', ackRequest: true })
    onWaiting()
  }

  /**
   * Asks for a sign of life: routers that know nothing of a new network key, or of a new trust centre, take back whoever has the
   * old one.
   */
  seek(onDone: (answered: boolean) => void): void {
    const { zdo, onWaiting } = this.options
    const request = { name: 'NodeDescriptorRequest', address: COORDINATOR } as const
    zdo.ask(COORDINATOR, request, answer => onDone(answer !== undefined))
    onWaiting()
  }

  private takeKey(
    isCentre: boolean,
    command: Extract<ApsCommand, { name: 'TransportKey' }>,
    how: CommandProtection,
  ): void {
    const { nwk, linkKeys, onPartnerKey } = this.options
    if (command.keyType === 'network') {
      if (command.destination === nwk.eui64 && how.protectedBy === 'key-transport') this.takeNetworkKey(command)
    } else if (command.keyType === 'application-link' && how.protectedBy === 'key-load' && isCentre) {
      linkKeys.set(command.partner, command.key, 'verified')
      onPartnerKey(command.partner)
    }
  }

  private takeNetworkKey(command: Extract<ApsCommand, { keyType: 'network' }>): void {
    const { nwk, linkKeys, commissioning } = this.options
    const { key, keySequence: sequence, source } = command
    nwk.keys.install({ key, sequence })
    if (!commissioning().awaitsKey) return
    nwk.keys.switchTo(sequence)
    const before = this.centre
    if (before !== undefined && before !== source) linkKeys.delete(before)
    this.centre = source
    linkKeys.adoptTrustCentre(source)
    nwk.learn(source, COORDINATOR)
    commissioning().take('key')
  }
}
