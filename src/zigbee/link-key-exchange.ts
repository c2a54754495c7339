/**
 * A trust centre gives each device that asks a link key of its own: it hands the key out, the device proves that it has it, and
 * from then on it is the one they share.
 * @source ZigBee PRO R21, 4.4.6 request key, 4.4.7 verify key, 4.4.8 confirm key; Base Device Behavior, 10.2.5
 */
import type { Eui64 } from '../base/ids.ts'
import { verifyKeyHash } from '../crypto/link-keys.ts'
import { equalOctets } from '../crypto/octets.ts'
import type { RandomStream } from '../ports/time.ts'
import type { Aps, ApsSource, CommandProtection } from './aps/aps.ts'
import type { LinkKeys } from './aps/link-keys.ts'
import type { ApsCommand } from './frames/aps-commands.ts'

export interface LinkKeyExchangeOptions {
  eui64: Eui64
  aps: Aps
  linkKeys: LinkKeys
  random: RandomStream
  /** Whether a device may have a key. */
  admits: (device: Eui64) => boolean
}

/** @source ZigBee PRO, 2.2.9 APS sub-layer status values */
const SUCCESS = 0x00
const SECURITY_FAILURE = 0xad
/** Devices that have been handed a key and have not proved it yet; who was first is forgotten first. @source assumed */
const OFFERS = 64

export class LinkKeyExchange {
  private readonly options: LinkKeyExchangeOptions
  private readonly offers = new Map<Eui64, Uint8Array>()

  constructor(options: LinkKeyExchangeOptions) {
    this.options = options
  }

  /** True when it was a command of the exchange. */
  obey(from: ApsSource, command: ApsCommand, how: CommandProtection): boolean {
    const { eui64: device } = from
    switch (command.name) {
      case 'RequestKey':
        if (command.keyType !== 'trust-centre-link') return false
        if (device !== undefined && how.protectedBy === 'data' && this.options.admits(device)) {
          this.offer(device, from.address)
        }
        return true
      case 'VerifyKey':
        if (command.keyType === 'trust-centre-link' && how.nwkSecured && device === command.source) {
          this.verify(device, from.address, command.hash)
        }
        return true
      default:
        return false
    }
  }

  forget(device: Eui64): void {
    this.offers.delete(device)
  }

  /** Who asks again gets the same key again, for the first may be on its way still. */
  private offer(device: Eui64, address: number): void {
    const { eui64: source, aps, linkKeys, random } = this.options
    // It asked under the key of before: it never heard that the new one counts.
    if (linkKeys.get(device)?.isUnheard) linkKeys.recede(device)
    const key = this.offers.get(device) ?? random.bytes(16)
    this.offers.set(device, key)
    const [first] = this.offers.keys()
    if (this.offers.size > OFFERS && first !== undefined) this.offers.delete(first)
    const command = { name: 'TransportKey', keyType: 'trust-centre-link', key, destination: device, source } as const
    aps.sendCommand(address, device, command, { key: 'key-load' })
  }

  /** Confirmed under the new key; a wrong one is refused under that of before. */
  private verify(device: Eui64, address: number, hash: Uint8Array): void {
    const { aps, linkKeys } = this.options
    const shared = linkKeys.get(device)
    const key = this.offers.get(device) ?? (shared?.state === 'verified' ? shared.octets('data') : undefined)
    if (!key) return
    const isGood = equalOctets(hash, verifyKeyHash(key))
    if (isGood) {
      linkKeys.succeed(device, key)
      this.offers.delete(device)
    }
    const status = isGood ? SUCCESS : SECURITY_FAILURE
    const command = { name: 'ConfirmKey', status, keyType: 'trust-centre-link', destination: device } as const
    aps.sendCommand(address, device, command, { key: 'data' })
  }
}
