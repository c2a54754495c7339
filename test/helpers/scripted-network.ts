/** A network processor that does as a test says: it is up when told to, and what is sent through it is kept. */
import { InvariantError } from '../../src/base/errors.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds } from '../../src/base/time.ts'
import type { DeliveryOutcome, SimpleDescriptor } from '../../src/ports/han.ts'
import type {
  ApsMessage,
  JoiningKey,
  NetworkFacts,
  NetworkProcessor,
  NetworkProcessorListener,
  ReceivedMessage,
} from '../../src/ports/network-processor.ts'
import type { Timers } from '../../src/ports/time.ts'

export interface SentMessage extends Omit<ApsMessage, 'destinationEndpoint'> {
  to: number | { group: number }
  destinationEndpoint?: number
  ackRequest?: boolean
}

const LONGEST_BROADCAST = 80

export class ScriptedNetwork implements NetworkProcessor {
  readonly eui64: Eui64 = '00124b00000000aa'
  readonly sent: SentMessage[] = []
  readonly endpoints = new Map<number, SimpleDescriptor>()
  readonly keys: JoiningKey[] = []
  readonly permitted: number[] = []
  readonly addresses = new Map<Eui64, number>()
  network: NetworkFacts | undefined
  frameCounter = 0
  /** What it would go on with. */
  remembered: NetworkFacts | undefined
  /** What becomes of unicasts; undefined keeps them under way. */
  outcome: DeliveryOutcome | undefined = 'delivered'
  private readonly timers: Timers
  private listener: NetworkProcessorListener | undefined

  constructor(timers: Timers) {
    this.timers = timers
  }

  listen(listener: NetworkProcessorListener): void {
    this.listener = listener
  }
  /** What the air tells, now. */
  get tell(): NetworkProcessorListener {
    if (!this.listener) throw new Error('nobody listens')
    return this.listener
  }
  /** Something came in, by unicast unless told otherwise. */
  receive(message: Partial<ReceivedMessage>): void {
    this.tell.onMessage({
      ...{ profileId: 0x0104, clusterId: 6, sourceEndpoint: 1, destinationEndpoint: 1, asdu: new Uint8Array() },
      ...{ from: 0x1234, device: undefined, delivery: 'unicast', counter: 7, lqi: 200, rssiDbm: -40 },
      ...message,
    })
  }

  addEndpoint(descriptor: SimpleDescriptor): void {
    this.endpoints.set(descriptor.endpoint, descriptor)
  }
  removeEndpoint(endpoint: number): void {
    this.endpoints.delete(endpoint)
  }
  form(network: NetworkFacts, frameCounter = 0): void {
    if (this.network) throw new InvariantError('it is on a network')
    this.frameCounter = frameCounter
    this.goUp(network)
  }
  resume(): boolean {
    if (!this.remembered || this.network) return false
    this.goUp(this.remembered)
    return true
  }
  leave(): void {
    const wasUp = this.network !== undefined
    this.network = undefined
    this.remembered = undefined
    if (wasUp) this.timers.after(0, 'down', () => this.listener?.onDown())
  }
  permitJoining(forS: number): void {
    this.permitted.push(forS)
  }
  allowKey(joining: JoiningKey): void {
    this.keys.push(joining)
  }
  forgetKeys(): void {
    this.keys.length = 0
  }
  addressOf(device: Eui64): number | undefined {
    return this.addresses.get(device)
  }
  deviceAt(): Eui64 | undefined {
    return undefined
  }
  unicast(
    to: number,
    message: ApsMessage,
    { ackRequest }: { ackRequest: boolean },
    onDone: (outcome: DeliveryOutcome) => void,
  ): number {
    this.sent.push({ to, ...message, ackRequest })
    const { outcome } = this
    if (outcome) this.timers.after(milliseconds(1), 'delivered', () => onDone(outcome))
    return this.sent.length
  }
  broadcast(to: number, message: ApsMessage): number {
    if (message.asdu.length > LONGEST_BROADCAST) throw new InvariantError('it does not fit')
    return this.sent.push({ to, ...message })
  }
  multicast(group: number, message: Omit<ApsMessage, 'destinationEndpoint'>): number {
    return this.sent.push({ to: { group }, ...message })
  }
  remove(): void {}

  private goUp(network: NetworkFacts): void {
    this.network = network
    this.timers.after(milliseconds(1), 'up', () => {
      if (this.network === network) this.listener?.onUp()
    })
  }
}
