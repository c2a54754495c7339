/** The network of an NCP as its host forms it, opens it and sees devices come and go. */
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { DeviceArrival, NetworkProcessor } from '../../ports/network-processor.ts'
import type { Clock, RandomStream, Timer, Timers } from '../../ports/time.ts'
import type { CommandOf } from '../../wire/ezsp/commands.ts'
import { ANY_DEVICE, DEVICE_UPDATE, JOIN_DECISION, NO_NODE, NODE_TYPE } from '../../wire/ezsp/fields.ts'
import type { Status } from '../../wire/ezsp/status.ts'
import { Children } from './children.ts'
import type { Counters } from './counters.ts'
import type { CallBack, Handlers } from './handlers.ts'
import type { NcpMemory } from './ncp-memory.ts'
import type { Security } from './security.ts'
import type { Settings } from './settings.ts'

export interface NetworkOptions {
  processor: NetworkProcessor
  settings: Settings
  security: Security
  counters: Counters
  clock: Clock
  timers: Timers
  random: RandomStream
  callBack: CallBack
}

/** @source ember-types.h, EmberNetworkStatus */
const NETWORK_STATUS = { none: 0, joining: 1, joined: 2, leaving: 6 } as const
const FOR_EVER = 255
const [FIRST_CHANNEL, LAST_CHANNEL] = [11, 26]
const ALL_CHANNELS = 0x07ff_f800
const ANYTHING = 0xffff
const NO_EUI64 = '0000000000000000'

type Parameters = CommandOf<'formNetwork'>['parameters']

export class Network {
  /** `down`: the host has not asked for a network since the NCP has started. */
  private state: 'down' | 'joining' | 'up' | 'leaving' = 'down'
  private readonly options: NetworkOptions
  private readonly children: Children
  private radio: NonNullable<NcpMemory['radio']>
  /** Until when joiners are let in; undefined when they are not. */
  private openUntilUs: number | undefined
  private closing: Timer | undefined
  /** Counter to begin with in a network that comes from a backup. */
  private frameCounter = 0
  /** The network processor leaves a network that the host never brought up, for the one it forms. */
  private replacing = false

  constructor(options: NetworkOptions, memory: NcpMemory) {
    this.options = options
    this.children = new Children(memory.children)
    this.radio = memory.radio ?? { txPowerDbm: 8, nwkManagerId: 0, joinMethod: 0, channels: ALL_CHANNELS }
  }

  get memory(): Pick<NcpMemory, 'radio' | 'children'> {
    return { radio: this.radio, children: this.children.memory }
  }
  get isUp(): boolean {
    return this.state === 'up'
  }
  /** 0 when it is closed, 255 for ever. */
  get openForS(): number {
    if (this.openUntilUs === undefined) return 0
    const leftUs = this.openUntilUs - this.options.clock.nowUs()
    return Math.min(Math.ceil(leftUs / seconds(1)), FOR_EVER)
  }

  /** The NCP has started: the host has to bring the network up again. Devices stay on it. */
  reset(): void {
    this.state = 'down'
    this.frameCounter = 0
    this.shut()
  }
  /** False while the network is up. */
  setFrameCounter(value: number): boolean {
    if (this.state === 'down') this.frameCounter = value
    return this.state === 'down'
  }

  onUp(): void {
    if (this.state === 'joining') this.setUp()
  }
  onDown(): void {
    if (this.replacing) {
      this.replacing = false
      this.children.clear()
      return
    }
    const wasOn = this.state !== 'down'
    this.state = 'down'
    this.children.clear()
    this.options.security.left()
    this.shut()
    if (wasOn) this.tell('NETWORK_DOWN')
  }
  onArrival({ device, address, parent, how }: DeviceArrival): void {
    this.children.arrived(device, parent === 0)
    if (!this.isUp) return
    this.options.counters.count('joinIndication')
    const deviceUpdateStatus = DEVICE_UPDATE[UPDATE[how]]
    const joinDecision = how === 'secured-rejoin' ? JOIN_DECISION.noAction : JOIN_DECISION.usePreconfiguredKey
    this.deviceUpdate(device, address, { deviceUpdateStatus, joinDecision, parentOfNewNodeId: parent })
  }
  onDeparture(device: Eui64, address: number): void {
    this.children.gone(device)
    if (!this.isUp) return
    this.options.counters.count('childRemoved')
    const deviceUpdateStatus = DEVICE_UPDATE.left
    const parentOfNewNodeId = NO_NODE
    this.deviceUpdate(device, address, { deviceUpdateStatus, joinDecision: JOIN_DECISION.noAction, parentOfNewNodeId })
  }
  /** A device says where and what it is. */
  onAnnounced(device: Eui64, address: number, capability: number): void {
    this.children.announced(device, address, capability)
  }

  readonly handlers = {
    networkInit: () => {
      const { processor, timers } = this.options
      if (this.state !== 'down') return { status: 'INVALID_STATE' }
      const isOn = processor.network !== undefined
      if (!isOn && !processor.resume()) return { status: 'NOT_JOINED' }
      this.state = 'joining'
      // It never went down: only the host did.
      if (isOn) timers.after(0, 'ncp: network up', () => this.onUp())
      return { status: 'OK' }
    },
    networkState: () => ({ networkStatus: STATUS_OF[this.state] }),
    formNetwork: ({ parameters }) => ({ status: this.form(parameters) }),
    leaveNetwork: () => {
      if (!this.isUp) return { status: 'INVALID_STATE' }
      this.state = 'leaving'
      this.options.processor.leave()
      return { status: 'OK' }
    },
    permitJoining: ({ durationS }) => {
      if (!this.isUp) return { status: 'INVALID_STATE' }
      if (durationS === 0) this.shut(true)
      else this.open(durationS)
      return { status: 'OK' }
    },
    getPermitJoining: () => ({ joiningPermitted: this.openUntilUs !== undefined }),
    getNetworkParameters: () => ({
      status: this.isUp ? 'OK' : 'NOT_JOINED',
      nodeType: this.isUp ? NODE_TYPE.coordinator : NODE_TYPE.unknown,
      parameters: this.parameters,
    }),
    getRadioParameters: ({ phyIndex }) => {
      const { radioTxPower, radioChannel } = this.parameters
      const status = phyIndex !== 0 ? 'INVALID_PARAMETER' : this.isUp ? 'OK' : 'NOT_JOINED'
      return { status, radioTxPower, radioPage: 0, radioChannel }
    },
    getExtendedPanId: () => ({ extendedPanId: this.parameters.extendedPanId }),
    setRadioPower: ({ power }) => {
      this.radio = { ...this.radio, txPowerDbm: power }
      return { status: 'OK' }
    },
    getEui64: () => ({ eui64: this.options.processor.eui64 }),
    getNodeId: () => ({ nodeId: this.nodeId }),
    getParentChildParameters: () => ({
      ...{ childCount: this.children.count, parentEui64: ANY_DEVICE, parentNodeId: NO_NODE },
    }),
    getChildData: ({ index }) => {
      const child = this.isUp ? this.children.at(index) : undefined
      const timeout = this.options.settings.config('endDevicePollTimeout')
      const type = child?.sleepy ? NODE_TYPE.sleepyEndDevice : NODE_TYPE.endDevice
      return {
        status: child ? 'OK' : 'NOT_JOINED',
        child: {
          ...{
            eui64: child?.device ?? ANY_DEVICE,
            type: child ? type : NODE_TYPE.unknown,
            id: child?.address ?? NO_NODE,
          },
          // How long it has been silent is not known here.
          ...{ phy: 0, power: 0x80, timeout: child ? timeout : 0, remainingTimeout: 0 },
        },
      }
    },
    lookupNodeIdByEui64: ({ eui64 }) => {
      const { processor } = this.options
      const isOwn = eui64 === processor.eui64
      return { nodeId: isOwn ? this.nodeId : (processor.addressOf(eui64) ?? NO_NODE) }
    },
    lookupEui64ByNodeId: ({ nodeId }) => {
      const { processor } = this.options
      const eui64 = nodeId === this.nodeId ? processor.eui64 : processor.deviceAt(nodeId)
      return eui64 === undefined ? { status: 'NOT_FOUND', eui64: ANY_DEVICE } : { status: 'OK', eui64 }
    },
    removeDevice: ({ targetLong }) => {
      const { processor } = this.options
      if (!this.isUp) return { status: 'NETWORK_DOWN' }
      if (processor.addressOf(targetLong) === undefined) return { status: 'NOT_FOUND' }
      processor.remove(targetLong)
      return { status: 'OK' }
    },
  } satisfies Partial<Handlers>

  /** 0xfffe while it has none. */
  get nodeId(): number {
    return this.isUp ? 0 : 0xfffe
  }
  private get parameters(): Parameters {
    const network = this.isUp ? this.options.processor.network : undefined
    const { txPowerDbm, nwkManagerId, joinMethod, channels } = this.radio
    return {
      extendedPanId: network?.extendedPanId ?? NO_EUI64,
      panId: network?.panId ?? ANYTHING,
      radioTxPower: txPowerDbm,
      radioChannel: network?.channel ?? 0,
      ...{ joinMethod, nwkManagerId, channels },
      nwkUpdateId: network?.updateId ?? 0,
    }
  }

  private form(asked: Parameters): Status {
    const { processor, security, random } = this.options
    const { radioChannel: channel, radioTxPower: txPowerDbm, nwkUpdateId: updateId } = asked
    if (this.state !== 'down') return 'INVALID_STATE'
    if (channel < FIRST_CHANNEL || channel > LAST_CHANNEL) return 'TRANSMIT_INVALID_CHANNEL'
    const networkKey = security.takePrepared()
    if (!networkKey) return 'ZIGBEE_SECURITY_STATE_NOT_SET'
    const { key, sequence, keepsFrameCounter } = networkKey
    // What the host leaves open is drawn. @source UG100, formNetwork
    const panId = asked.panId === ANYTHING ? 1 + random.int(0xfffe) : asked.panId
    const isOpen = asked.extendedPanId === NO_EUI64 || asked.extendedPanId === ANY_DEVICE
    const extendedPanId = isOpen ? Buffer.from(random.bytes(8)).toString('hex') : asked.extendedPanId
    const { nwkManagerId, joinMethod, channels } = asked
    this.radio = { txPowerDbm, nwkManagerId, joinMethod, channels }
    this.state = 'joining'
    if (processor.network) {
      this.replacing = true
      processor.leave()
    }
    const facts = { panId, extendedPanId, channel, networkKey: { key, sequence }, updateId }
    processor.form(facts, keepsFrameCounter ? this.frameCounter : undefined)
    return 'OK'
  }

  private setUp(): void {
    this.state = 'up'
    this.options.security.admit()
    this.tell('NETWORK_UP')
  }

  private open(forS: number): void {
    const { processor, clock, timers } = this.options
    this.closing?.cancel()
    this.openUntilUs = forS === FOR_EVER ? Number.POSITIVE_INFINITY : clock.nowUs() + seconds(forS)
    if (forS !== FOR_EVER) this.closing = timers.after(seconds(forS), 'ncp: network closes', () => this.shut(true))
    processor.permitJoining(forS)
    this.tell('ZIGBEE_NETWORK_OPENED')
  }
  private shut(telling = false): void {
    if (this.openUntilUs === undefined) return
    this.closing?.cancel()
    this.openUntilUs = undefined
    this.options.processor.permitJoining(0)
    if (telling) this.tell('ZIGBEE_NETWORK_CLOSED')
  }

  private tell(status: Status): void {
    this.options.callBack('stackStatusHandler', { status })
  }
  private deviceUpdate(
    newNodeEui64: Eui64,
    newNodeId: number,
    how: { deviceUpdateStatus: number; joinDecision: number; parentOfNewNodeId: number },
  ): void {
    this.options.callBack('trustCenterJoinHandler', { newNodeId, newNodeEui64, ...how })
  }
}

const STATUS_OF = {
  down: NETWORK_STATUS.none,
  joining: NETWORK_STATUS.joining,
  up: NETWORK_STATUS.joined,
  leaving: NETWORK_STATUS.leaving,
} as const
const UPDATE = {
  joined: 'unsecuredJoin',
  'secured-rejoin': 'securedRejoin',
  'trust-centre-rejoin': 'unsecuredRejoin',
} as const
