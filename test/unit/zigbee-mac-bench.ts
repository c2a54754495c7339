/** MAC layers on a simulated air, for tests; what each hears and what passes on the air is kept. */
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { milliseconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Air } from '../../src/radio/air.ts'
import type { ZigbeeBeacon } from '../../src/radio/beacon.ts'
import { decodeMacFrame, type MacFrame } from '../../src/radio/mac-frame.ts'
import type { SimulatedRadio } from '../../src/radio/simulated-radio.ts'
import type { Capability } from '../../src/zigbee/frames/capability.ts'
import { Mac } from '../../src/zigbee/mac/mac.ts'
import type { AssociationOutcome, HeardBeacon, MacListener, MacOutcome } from '../../src/zigbee/mac-service.ts'

export const PAN = 0x1a62
export const CHANNEL = 15
export const sleepy: Capability = {
  alternatePanCoordinator: false,
  fullFunctionDevice: false,
  mainsPowered: false,
  rxOnWhenIdle: false,
  security: false,
  allocateAddress: true,
}

export const network = (extendedPanId: Eui64): ZigbeeBeacon => ({
  protocolId: 0,
  network: {
    stackProfile: 2,
    protocolVersion: 2,
    routerCapacity: true,
    deviceDepth: 0,
    endDeviceCapacity: true,
  },
  extendedPanId,
  txOffset: 0xffffff,
  updateId: 0,
})

export interface Sniffed {
  from: string
  atUs: Micros
  /** Without FCS, hexadecimal. */
  psdu: string
  frame: MacFrame
}

/** One node: its MAC and what that told. */
export interface MacNode {
  name: string
  mac: Mac
  radio: SimulatedRadio
  data: { npdu: string; source: number; broadcast: boolean; atUs: Micros }[]
  polls: (number | Eui64)[]
  associated: { device: Eui64; address: number }[]
  notAssociated: { device: Eui64; address: number }[]
}

export class MacBench {
  readonly kernel: Kernel
  readonly air: Air
  /** Every frame that a MAC node, or its chip, sent. */
  readonly sniffed: Sniffed[] = []
  private readonly names = new Set<string>()

  constructor(seed = '1') {
    this.kernel = new Kernel({ seed, startUnixMs: Date.UTC(2026, 0, 1) })
    const { kernel } = this
    this.air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: { emit: () => {} } })
    this.air.tap(({ from, octets, startUs }) => {
      if (!this.names.has(from)) return
      const psdu = octets.slice(0, -2)
      this.sniffed.push({ from, atUs: startUs, psdu: toHex(psdu), frame: decodeMacFrame(psdu) })
    })
  }

  /** A node with no network. */
  node(name: string, options: { eui64?: Eui64 } & Partial<MacListener> = {}): MacNode {
    const { eui64 = `00db1234567800${(0xa0 + this.names.size).toString(16)}`, ...listener } = options
    this.names.add(name)
    const radio = this.air.radio(name, eui64)
    const mac = new Mac({ radio, timers: this.kernel, random: this.kernel.random.stream(`mac/${name}`), eui64 })
    const node: MacNode = { name, mac, radio, data: [], polls: [], associated: [], notAssociated: [] }
    mac.listen({
      onData: (npdu, { source, broadcast }) =>
        void node.data.push({ npdu: toHex(npdu), source, broadcast, atUs: this.kernel.nowUs() }),
      onPolled: child => void node.polls.push(child),
      onAssociated: (device, address) => void node.associated.push({ device, address }),
      onNotAssociated: (device, address) => void node.notAssociated.push({ device, address }),
      ...listener,
    })
    return node
  }

  /** A coordinator that lets everybody in, addresses from 0x1000 on, the same again for the same device. */
  parent(
    name = 'parent',
    options: { eui64?: Eui64; channel?: number; panId?: number } & Partial<MacListener> = {},
  ): MacNode {
    const { channel = CHANNEL, panId = PAN, ...listener } = options
    const addresses = new Map<Eui64, number>()
    const node = this.node(name, {
      beacon: () => ({ associationPermitted: true, network: network('00db1234567800a1') }),
      onAssociation: device => {
        const address = addresses.get(device) ?? 0x1000 + addresses.size
        addresses.set(device, address)
        return { address }
      },
      ...listener,
    })
    node.mac.configure({ channel, panId, address: 0x0000 })
    return node
  }

  /** A child that has its address already. */
  child(name: string, address: number, rxOnWhenIdle = false): MacNode {
    const node = this.node(name)
    node.mac.configure({ channel: CHANNEL, panId: PAN, address, rxOnWhenIdle })
    return node
  }

  run(forUs: Micros): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }

  /** Data requests on the air so far. */
  polls(): Sniffed[] {
    return this.sniffed.filter(({ frame }) => frame.type === 'command' && frame.command.name === 'dataRequest')
  }

  /** Nobody hears the next frame that this node sends, be it an acknowledgement. */
  loseNextFrame(from: string): void {
    const fault = this.air.inject({ kind: 'loss', share: 1, from })
    const stop = this.air.tap(frame => {
      if (frame.from !== from) return
      stop()
      this.kernel.after(frame.endUs - frame.startUs + 1, 'lift', () => fault.lift())
    })
  }

  // Calls whose outcome is awaited.

  scan(node: MacNode, channels: readonly number[]): HeardBeacon[] {
    let found: HeardBeacon[] | undefined
    node.mac.scan({ channels }, heard => {
      found = heard
    })
    return this.until(() => found)
  }
  associate(node: MacNode, parent = 0x0000): AssociationOutcome {
    let found: AssociationOutcome | undefined
    node.mac.associate({ channel: CHANNEL, panId: PAN, parent, capability: sleepy }, outcome => {
      found = outcome
    })
    return this.until(() => found)
  }
  poll(node: MacNode): { acked: boolean; received: boolean } {
    let found: { acked: boolean; received: boolean } | undefined
    node.mac.poll(0x0000, result => {
      found = result
    })
    return this.until(() => found)
  }
  send(node: MacNode, to: number, npdu: Uint8Array): MacOutcome {
    let found: MacOutcome | undefined
    node.mac.send(to, npdu, outcome => {
      found = outcome
    })
    return this.until(() => found)
  }

  /** Runs until there is an answer, 60 simulated seconds at most. */
  private until<T>(answer: () => T | undefined): T {
    const giveUpUs = this.kernel.nowUs() + milliseconds(60_000)
    while (answer() === undefined) {
      const next = this.kernel.nextAtUs
      if (next === undefined || next > giveUpUs) throw new Error('no outcome within 60 simulated seconds')
      this.kernel.runUntil(next)
    }
    return answer() as T
  }
}

/** Keeps the outcomes of several calls, in their order. */
export function outcomes<T>(): { list: T[]; note: (outcome: T) => void } {
  const list: T[] = []
  return { list, note: outcome => void list.push(outcome) }
}
