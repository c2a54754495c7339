/** MAC layers in earshot of each other, without radios: a fake at the MacService port, for tests of what stands on it. */
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import type {
  AssociationOutcome,
  HeardBeacon,
  MacListener,
  MacOutcome,
  MacService,
} from '../../src/zigbee/mac-service.ts'

const HOP_US = milliseconds(3)
const PERSISTENCE_US = milliseconds(7_680)

interface Held {
  to: number | Eui64
  npdu: Uint8Array
  onDone: (outcome: MacOutcome) => void
}

export class MacEther {
  readonly nodes: EtherMac[] = []
  /** Every NPDU that was on the air, in order. */
  readonly air: { from: number; to: number; npdu: Uint8Array }[] = []
  /** Pairs that do not hear each other. */
  private readonly apart = new Set<string>()
  readonly kernel: Kernel

  constructor(kernel: Kernel) {
    this.kernel = kernel
  }
  node(eui64: Eui64): EtherMac {
    const node = new EtherMac(this, eui64)
    this.nodes.push(node)
    return node
  }
  separate(a: EtherMac, b: EtherMac): void {
    this.apart.add(`${a.eui64} ${b.eui64}`).add(`${b.eui64} ${a.eui64}`)
  }
  hears(a: EtherMac, b: EtherMac): boolean {
    return a !== b && a.panId === b.panId && a.channel === b.channel && !this.apart.has(`${a.eui64} ${b.eui64}`)
  }
  inEarshot(a: EtherMac, b: EtherMac): boolean {
    return a !== b && !this.apart.has(`${a.eui64} ${b.eui64}`)
  }
}

export class EtherMac implements MacService {
  readonly eui64: Eui64
  address = 0xffff
  panId = 0xffff
  channel = 11
  listening = true
  listener: MacListener = { onData: () => {} }
  private readonly ether: MacEther
  private held: Held[] = []

  constructor(ether: MacEther, eui64: Eui64) {
    this.ether = ether
    this.eui64 = eui64
  }
  listen(listener: MacListener): void {
    this.listener = listener
  }
  configure(settings: { channel?: number; panId?: number; address?: number; rxOnWhenIdle?: boolean }): void {
    this.address = settings.address ?? this.address
    this.panId = settings.panId ?? this.panId
    this.channel = settings.channel ?? this.channel
    this.listening = settings.rxOnWhenIdle ?? this.listening
  }
  send(to: number, npdu: Uint8Array, onDone: (outcome: MacOutcome) => void = () => {}): void {
    const copy = npdu.slice()
    this.later(() => {
      this.ether.air.push({ from: this.address, to, npdu: copy })
      const target = this.ether.nodes.find(n => n.address === to && n.listening && this.ether.hears(this, n))
      target?.listener.onData(copy, { source: this.address, broadcast: false, lqi: 200, rssiDbm: -50 })
      onDone(target ? 'sent' : 'no-ack')
    })
  }
  broadcast(npdu: Uint8Array, onDone: (outcome: MacOutcome) => void = () => {}): void {
    const copy = npdu.slice()
    this.later(() => {
      this.ether.air.push({ from: this.address, to: 0xffff, npdu: copy })
      for (const node of this.ether.nodes) {
        if (node.listening && this.ether.hears(this, node)) {
          node.listener.onData(copy, { source: this.address, broadcast: true, lqi: 200, rssiDbm: -50 })
        }
      }
      onDone('sent')
    })
  }
  sendIndirect(to: number | Eui64, npdu: Uint8Array, onDone: (outcome: MacOutcome) => void = () => {}): void {
    const frame = { to, npdu: npdu.slice(), onDone }
    this.held.push(frame)
    this.ether.kernel.after(PERSISTENCE_US, 'held', () => {
      if (this.held.includes(frame)) this.drop(frame)
    })
  }
  dropIndirect(child: number | Eui64): void {
    for (const frame of this.held.filter(({ to }) => to === child)) this.drop(frame)
  }
  scan(options: { channels: readonly number[] }, onDone: (heard: HeardBeacon[]) => void): void {
    this.ether.kernel.after(seconds(1), 'scan', () =>
      onDone(
        this.ether.nodes.flatMap(node => {
          const beacon =
            this.ether.inEarshot(this, node) && options.channels.includes(node.channel) && node.listener.beacon?.()
          return beacon
            ? [{ channel: node.channel, panId: node.panId, address: node.address, lqi: 200, ...beacon }]
            : []
        }),
      ),
    )
  }
  associate(
    at: {
      channel: number
      panId: number
      parent: number
      capability: Parameters<NonNullable<MacListener['onAssociation']>>[1]
    },
    onDone: (outcome: AssociationOutcome) => void,
  ): void {
    this.later(() => {
      const parent = this.ether.nodes.find(
        n => n.address === at.parent && n.panId === at.panId && this.ether.inEarshot(this, n),
      )
      const answer = parent?.listener.onAssociation?.(this.eui64, at.capability)
      if (!parent || !answer) return onDone({ is: 'no-answer' })
      if ('status' in answer) return onDone({ is: 'refused', status: answer.status })
      this.configure({ channel: at.channel, panId: at.panId, address: answer.address })
      onDone({ is: 'associated', address: answer.address })
      parent.listener.onAssociated?.(this.eui64, answer.address)
    })
  }
  poll(parent: number, onDone: (result: { acked: boolean; received: boolean }) => void = () => {}): void {
    this.later(() => {
      const node = this.ether.nodes.find(n => n.address === parent && this.ether.hears(this, n))
      if (!node) return onDone({ acked: false, received: false })
      node.listener.onPolled?.(this.address)
      const waiting = node.take(this.address, this.eui64)
      for (const { npdu, onDone: collected } of waiting) {
        this.ether.air.push({ from: parent, to: this.address, npdu })
        this.listener.onData(npdu, { source: parent, broadcast: false, lqi: 200, rssiDbm: -50 })
        collected('sent')
      }
      onDone({ acked: true, received: waiting.length > 0 })
    })
  }
  take(...names: (number | Eui64)[]): Held[] {
    const taken = this.held.filter(({ to }) => names.includes(to))
    this.held = this.held.filter(frame => !taken.includes(frame))
    return taken
  }

  private drop(frame: Held): void {
    this.held = this.held.filter(other => other !== frame)
    frame.onDone('expired')
  }
  private later(act: () => void): void {
    this.ether.kernel.after(HOP_US, 'ether', act)
  }
}
