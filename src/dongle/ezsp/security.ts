/** Keys of an NCP: of its network, of those who may join, of devices. */
import { fromHex, toHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { NetworkProcessor } from '../../ports/network-processor.ts'
import type { Clock, RandomStream, Timer, Timers } from '../../ports/time.ts'
import type { CommandOf, ResponseOf } from '../../wire/ezsp/commands.ts'
import {
  ANY_DEVICE,
  type ApsKeyMetadata,
  KEY_NAMED_BY,
  KEY_TYPE,
  NO_CONTEXT,
  SECURITY,
  type SecurityContext,
} from '../../wire/ezsp/fields.ts'
import { TRUST_CENTER } from '../../wire/ezsp/settings.ts'
import type { Status } from '../../wire/ezsp/status.ts'
import type { Handlers } from './handlers.ts'
import type { NcpMemory } from './ncp-memory.ts'
import type { Settings } from './settings.ts'

export interface SecurityOptions {
  processor: NetworkProcessor
  settings: Settings
  clock: Clock
  timers: Timers
  random: RandomStream
  /** The NCP is on its network. */
  isUp: () => boolean
}

type InitialState = CommandOf<'setInitialSecurityState'>['state']
type LinkKeyAnswer = ResponseOf<'exportTransientKeyByIndex'>
interface TransientKey {
  key: Uint8Array
  untilUs: number
  timer: Timer
}

/** Keys that wait for joiners. @source assumed: RAM of an NCP */
const MOST_TRANSIENT_KEYS = 128
const KEY_LENGTH = 16
const NO_KEY = new Uint8Array(KEY_LENGTH)
const NO_METADATA: ApsKeyMetadata = { bitmask: 0, outgoingFrameCounter: 0, incomingFrameCounter: 0, ttlInSeconds: 0 }

export class Security {
  private readonly options: SecurityOptions
  /** What the host has prepared for a network it is about to form. */
  private prepared: InitialState | undefined
  private formed: NcpMemory['security']
  private linkKeys: ({ device: Eui64; key: string } | null)[]
  private readonly transient = new Map<Eui64, TransientKey>()

  constructor(options: SecurityOptions, { security, linkKeys }: NcpMemory) {
    this.options = options
    this.formed = security
    this.linkKeys = [...linkKeys]
  }

  get memory(): Pick<NcpMemory, 'security' | 'linkKeys'> {
    return { ...(this.formed && { security: this.formed }), linkKeys: [...this.linkKeys] }
  }

  /** The NCP has started: what it only had in mind is gone. */
  reset(): void {
    this.prepared = undefined
    this.clearTransient()
  }
  /** Off the network. */
  left(): void {
    this.formed = undefined
    this.clearTransient()
  }

  /** The network key to form with; undefined when the host has not said how the network is to be secured. */
  takePrepared(): { key: Uint8Array; sequence: number; keepsFrameCounter: boolean } | undefined {
    const { prepared, options } = this
    if (!prepared) return undefined
    const { bitmask, networkKey, networkKeySequenceNumber: sequence, preconfiguredKey } = prepared
    const linkKey = bitmask & SECURITY.havePreconfiguredKey ? preconfiguredKey : options.random.bytes(KEY_LENGTH)
    this.formed = { bitmask, trustCentreLinkKey: toHex(linkKey) }
    this.prepared = undefined
    return {
      key: bitmask & SECURITY.haveNetworkKey ? networkKey : options.random.bytes(KEY_LENGTH),
      sequence,
      keepsFrameCounter: (bitmask & SECURITY.noFrameCounterReset) !== 0,
    }
  }

  /** Who may join depends on the policy, on the keys set for joiners, and on one that all devices have. */
  admit(): void {
    const { processor, settings, isUp } = this.options
    processor.forgetKeys()
    if (!isUp() || !(settings.policy('trustCenter') & TRUST_CENTER.allowJoins)) return
    const { bitmask = 0, trustCentreLinkKey = '' } = this.formed ?? {}
    // Of a hashed key each device has its own, which joiners do not have yet.
    const isShared = (bitmask & SECURITY.hashedLinkKey) === SECURITY.globalLinkKey
    if (isShared && !this.transient.has(ANY_DEVICE)) this.allow(ANY_DEVICE, fromHex(trustCentreLinkKey))
    for (const [device, { key }] of this.transient) this.allow(device, key)
  }
  private allow(device: Eui64, key: Uint8Array): void {
    this.options.processor.allowKey({ device: device === ANY_DEVICE ? 'any' : device, key })
  }

  readonly handlers = {
    setInitialSecurityState: ({ state }) => {
      if (this.options.isUp()) return { status: 'INVALID_STATE' }
      this.prepared = state
      return { status: 'OK' }
    },
    getCurrentSecurityState: () => {
      const { isUp, processor } = this.options
      if (!isUp()) return { status: 'NOT_JOINED', bitmask: 0, trustCenterLongAddress: ANY_DEVICE }
      const bitmask = ((this.formed?.bitmask ?? 0) & SECURITY.hashedLinkKey) | SECURITY.haveLinkKey
      return { status: 'OK', bitmask, trustCenterLongAddress: processor.eui64 }
    },
    getNetworkKeyInfo: () => {
      const { processor } = this.options
      const networkKey = processor.network?.networkKey
      const info = {
        networkKeySet: networkKey !== undefined,
        alternateNetworkKeySet: false,
        networkKeySequenceNumber: networkKey?.sequence ?? 0,
        altNetworkKeySequenceNumber: 0,
        networkKeyFrameCounter: processor.frameCounter,
      }
      return { status: 'OK', info }
    },

    exportKey: ({ context }) => {
      const found = this.find(context)
      if (typeof found === 'string') return { status: found, key: NO_KEY, context }
      return { status: 'OK', key: found.key, context: { ...context, ...found.place } }
    },
    getApsKeyInfo: ({ context }) => {
      const isNetwork = context.coreKeyType === KEY_TYPE.network
      const found = isNetwork ? 'INVALID_TYPE' : this.find(context)
      if (typeof found === 'string') return { status: found, metadata: NO_METADATA, context }
      return { status: 'OK', metadata: found.metadata, context: { ...context, ...found.place } }
    },
    importKey: ({ context, key }) => {
      const { coreKeyType, keyIndex, eui64 } = context
      if (coreKeyType === KEY_TYPE.trustCentreLinkWithTimeout) {
        return { status: this.importTransient(eui64, key), context }
      }
      if (coreKeyType === KEY_TYPE.applicationLink) return { status: this.importLink(keyIndex, eui64, key), context }
      return { status: 'INVALID_TYPE', context }
    },

    importTransientKey: ({ eui64, key }) => ({ status: this.importTransient(eui64, key) }),
    exportTransientKeyByIndex: ({ index }) => this.answer(this.transientAt(index)),
    exportTransientKeyByEui64: ({ eui64 }) => this.answer(this.transientAt([...this.transient.keys()].indexOf(eui64))),
    clearTransientLinkKeys: () => {
      this.clearTransient()
      this.admit()
      return {}
    },

    importLinkKey: ({ index, eui64, key }) => ({ status: this.importLink(index, eui64, key) }),
    exportLinkKeyByIndex: ({ index }) => this.answer(this.linkKeyAt(index)),
    exportLinkKeyByEui64: ({ eui64 }) => this.answer(this.linkKeyAt(this.linkKeyOf(eui64))),
    clearKeyTable: () => {
      this.linkKeys = []
      return { status: 'OK' }
    },
    eraseKeyTableEntry: ({ index }) => {
      if (index >= this.options.settings.config('keyTableSize')) return { status: 'INVALID_INDEX' }
      if (this.linkKeys[index]) this.linkKeys[index] = null
      return { status: 'OK' }
    },
  } satisfies Partial<Handlers>

  /** The key a context names, or why there is none. */
  private find(context: SecurityContext): Found | Status {
    const { coreKeyType, keyIndex, eui64, flags } = context
    const byEui64 = (flags & KEY_NAMED_BY.eui64) !== 0
    switch (coreKeyType) {
      case KEY_TYPE.network: {
        const networkKey = keyIndex === 0 ? this.options.processor.network?.networkKey : undefined
        return networkKey ? { key: networkKey.key, metadata: NO_METADATA, place: {} } : 'NOT_FOUND'
      }
      case KEY_TYPE.trustCentreLink: {
        const key = this.formed && fromHex(this.formed.trustCentreLinkKey)
        return key ? { key, metadata: NO_METADATA, place: {} } : 'NOT_FOUND'
      }
      case KEY_TYPE.trustCentreLinkWithTimeout:
        return this.transientAt(byEui64 ? [...this.transient.keys()].indexOf(eui64) : keyIndex) ?? 'NOT_FOUND'
      case KEY_TYPE.applicationLink:
        return this.linkKeyAt(byEui64 ? this.linkKeyOf(eui64) : keyIndex) ?? 'NOT_FOUND'
      default:
        return 'INVALID_TYPE'
    }
  }
  private answer(found: Found | undefined): LinkKeyAnswer {
    if (!found) return { status: 'NOT_FOUND', context: NO_CONTEXT, key: NO_KEY, metadata: NO_METADATA }
    const { key, metadata, place } = found
    return { status: 'OK', context: { ...NO_CONTEXT, ...place }, key, metadata }
  }

  private importTransient(device: Eui64, key: Uint8Array): Status {
    const { settings, clock, timers } = this.options
    if (!this.transient.has(device) && this.transient.size >= MOST_TRANSIENT_KEYS) return 'FULL'
    this.transient.get(device)?.timer.cancel()
    const forUs = seconds(settings.config('transientKeyTimeoutS'))
    const timer = timers.after(forUs, 'ncp: key for joiners', () => {
      this.transient.delete(device)
      this.admit()
    })
    this.transient.set(device, { key, untilUs: clock.nowUs() + forUs, timer })
    this.admit()
    return 'OK'
  }
  private transientAt(index: number): Found | undefined {
    const entry = [...this.transient][index]
    if (!entry) return undefined
    const [eui64, { key, untilUs }] = entry
    const ttlInSeconds = Math.ceil((untilUs - this.options.clock.nowUs()) / seconds(1))
    const place = { coreKeyType: KEY_TYPE.trustCentreLinkWithTimeout, keyIndex: index, eui64 }
    return { key, metadata: { ...NO_METADATA, ttlInSeconds }, place }
  }
  private clearTransient(): void {
    for (const { timer } of this.transient.values()) timer.cancel()
    this.transient.clear()
  }

  private importLink(index: number, device: Eui64, key: Uint8Array): Status {
    const size = this.options.settings.config('keyTableSize')
    const free = Array.from({ length: size }, (_, at) => at).find(at => !this.linkKeys[at]) ?? size
    const known = this.linkKeyOf(device)
    const place = index !== 0xff ? index : known >= 0 ? known : free
    if (place >= size) return index === 0xff ? 'FULL' : 'INVALID_INDEX'
    while (this.linkKeys.length <= place) this.linkKeys.push(null)
    this.linkKeys[place] = { device, key: toHex(key) }
    return 'OK'
  }
  private linkKeyOf(device: Eui64): number {
    return this.linkKeys.findIndex(entry => entry?.device === device)
  }
  private linkKeyAt(keyIndex: number): Found | undefined {
    const entry = this.linkKeys[keyIndex]
    if (!entry) return undefined
    const place = { coreKeyType: KEY_TYPE.applicationLink, keyIndex, eui64: entry.device }
    return { key: fromHex(entry.key), metadata: NO_METADATA, place }
  }
}

interface Found {
  key: Uint8Array
  metadata: ApsKeyMetadata
  place: Partial<SecurityContext>
}
