/**
 * Whether a ZNP is on its network: held until a host starts it, then up with the network that stands in NV, or with one
 * formed as configured. @source Z-Stack, ZDApp.c, bdb.c
 */
import { milliseconds } from '../../base/time.ts'
import { WELL_KNOWN_LINK_KEY } from '../../crypto/link-keys.ts'
import type { NetworkFacts, NetworkProcessor } from '../../ports/network-processor.ts'
import type { RandomStream, Timer, Timers } from '../../ports/time.ts'
import { NV } from '../../wire/znp/nv.ts'
import { BDB_MODE, DEVICE_STATE, STARTUP, STATUS } from '../../wire/znp/status.ts'
import type { Handlers, Tell } from './handlers.ts'
import {
  configuredNetwork,
  forgetNetwork,
  keepCounter,
  keepNetwork,
  rememberedCounter,
  rememberedNetwork,
} from './network-nv.ts'
import type { NvMemory } from './nv-memory.ts'

export interface StandingOptions {
  network: NetworkProcessor
  nv: NvMemory
  timers: Timers
  dice: RandomStream
  tell: Tell
}

/** From the order to form a network until it begins. @source assumed */
const FORMING_US = milliseconds(10)
const COORDINATOR = 0
const INVALID_ADDRESS = 0xfffe

export class Standing {
  readonly handlers: Handlers
  state: number = DEVICE_STATE.HOLD
  private readonly options: StandingOptions
  /** The network it is to be on, until it is. */
  private wanted: { facts: NetworkFacts; frameCounter: number } | undefined
  private starting: Timer | undefined
  private commissioning = false
  /** Primary channels that a host has set for the next commissioning. */
  private channels: number | undefined

  constructor(options: StandingOptions) {
    this.options = options
    this.handlers = {
      ZDO_STARTUP_FROM_APP: ({ delayMs }) => ({ status: this.startup(delayMs) }),
      APP_CNF_BDB_SET_CHANNEL: ({ isPrimary, channels }) => {
        if (isPrimary === 1) this.channels = channels
        return { status: STATUS.SUCCESS }
      },
      APP_CNF_BDB_START_COMMISSIONING: ({ mode }) => ({ status: this.commission(mode) }),
      ZDO_EXT_NWK_INFO: () => {
        const { panId = 0xffff, extendedPanId = NOBODY, channel = 0 } = this.network ?? {}
        const { address, state: deviceState } = this
        return { address, deviceState, panId, parent: 0, extendedPanId, parentExtendedAddress: NOBODY, channel }
      },
    }
  }

  get isUp(): boolean {
    return this.state === DEVICE_STATE.ZB_COORD
  }
  /** Of this node. */
  get address(): number {
    return this.isUp ? 0 : INVALID_ADDRESS
  }
  /** The network it is on. */
  get network(): NetworkFacts | undefined {
    return this.isUp ? this.options.network.network : undefined
  }

  /** The stick starts: what has been is over, and the network waits for a host to start it. */
  hold(): void {
    this.starting?.cancel()
    this.starting = undefined
    this.wanted = undefined
    this.commissioning = false
    this.channels = undefined
    this.state = DEVICE_STATE.HOLD
  }
  /** No network is remembered any more. */
  forget(): void {
    const { network, nv } = this.options
    forgetNetwork(nv)
    network.leave()
  }
  /** A host looks into NV: the frame counter there is what it is now. */
  keepCounter(): void {
    const { network, nv } = this.options
    if (this.network) keepCounter(nv, this.network, network.frameCounter)
  }

  onUp(): void {
    const { network, nv, tell } = this.options
    const { wanted } = this
    if (!wanted || !network.network) return
    if (!isSame(wanted.facts, network.network)) return this.begin()
    this.wanted = undefined
    this.state = DEVICE_STATE.ZB_COORD
    keepNetwork(nv, network.network, network.eui64)
    this.keepCounter()
    network.allowKey({ device: 'any', key: Uint8Array.from(WELL_KNOWN_LINK_KEY) })
    tell('ZDO_STATE_CHANGE_IND', { state: this.state })
    if (this.commissioning) this.notify(BDB_STATUS.SUCCESS)
    this.commissioning = false
  }
  onDown(): void {
    if (!this.isUp) return
    this.state = DEVICE_STATE.HOLD
    this.options.tell('ZDO_STATE_CHANGE_IND', { state: this.state })
  }

  private startup(delayMs: number): number {
    if (this.isUp || this.wanted) return STARTUP.RESTORED
    const remembered = rememberedNetwork(this.options.nv)
    if (remembered) {
      this.start(remembered, rememberedCounter(this.options.nv, remembered), delayMs)
      return STARTUP.RESTORED
    }
    if (!this.mayForm) return STARTUP.NOT_STARTED
    this.start(this.configured(), 0, delayMs)
    return STARTUP.NEW
  }
  private commission(mode: number): number {
    if ((mode & BDB_MODE.FORMATION) === 0) return STATUS.INVALID_PARAMETER
    if (this.isUp || this.wanted || !this.mayForm) {
      this.notify(BDB_STATUS.FORMATION_FAILURE)
      return STATUS.SUCCESS
    }
    this.commissioning = true
    this.start(this.configured(), 0, 0)
    return STATUS.SUCCESS
  }
  private notify(status: number): void {
    this.options.tell('APP_CNF_BDB_COMMISSIONING_NOTIFICATION', { status, mode: BDB_FORMATION, remaining: 0 })
  }
  /** Only coordinators are played here. */
  private get mayForm(): boolean {
    return (this.options.nv.get(NV.LOGICAL_TYPE)?.[0] ?? COORDINATOR) === COORDINATOR
  }
  private configured(): NetworkFacts {
    const { nv, network, dice } = this.options
    return configuredNetwork(nv, { eui64: network.eui64, dice, channels: this.channels })
  }

  private start(facts: NetworkFacts, frameCounter: number, delayMs: number): void {
    const { tell, timers } = this.options
    this.wanted = { facts, frameCounter }
    this.starting = timers.after(milliseconds(delayMs) + FORMING_US, 'znp: start', () => {
      this.starting = undefined
      this.state = DEVICE_STATE.COORD_STARTING
      tell('ZDO_STATE_CHANGE_IND', { state: this.state })
      this.begin()
    })
  }
  /** On the wanted network by the shortest way: it is there already, it is remembered, or it is formed. */
  private begin(): void {
    const { network } = this.options
    const { wanted } = this
    if (!wanted) return
    if (network.network && isSame(wanted.facts, network.network)) return this.onUp()
    if (!network.network && network.resume()) return
    network.leave()
    network.form(wanted.facts, wanted.frameCounter)
  }
}

const NOBODY = '0000000000000000'
/** @source Z-Stack, bdb_interface.h, BDB_COMMISSIONING_* */
const BDB_STATUS = { SUCCESS: 0, FORMATION_FAILURE: 8 } as const
const BDB_FORMATION = 2

const isSame = (one: NetworkFacts, other: NetworkFacts): boolean =>
  one.panId === other.panId &&
  one.extendedPanId === other.extendedPanId &&
  one.channel === other.channel &&
  one.networkKey.sequence === other.networkKey.sequence &&
  one.networkKey.key.every((octet, at) => octet === other.networkKey.key[at])
