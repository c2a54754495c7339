/**
 * Raw tunnels: parties speak to named ports of a real hub on the lab's network as they would over the SM WAN, at its access point and
 * address. Nothing but what the rig names can be reached, and only where the operator lets the SIM on.
 */
import { parseLabAddress } from '../../links/lab-address.ts'
import { type RawLimits, RawPort, type RawRefusal } from '../../links/raw-port.ts'
import type { Broker, BrokerClient, BrokerLogin, BrokerMessage } from '../../ports/broker.ts'
import type { Apn } from '../../ports/wan.ts'
import type { Installation, RigRawPort } from '../../profiles/rig.ts'
import type { SimPlatform } from '../../wan/sim-platform.ts'
import { parseRawTopic, RAW_DOWN_FILTER, type RawAddress, type RawNotice, rawTopic } from '../../wan/topics.ts'

export interface RawTunnelsOptions {
  broker: Broker
  login?: BrokerLogin | undefined
  /** Keeps client ids of two rigs on one broker apart. */
  name: string
  installations: readonly Pick<Installation, 'id' | 'sim' | 'raw'>[]
  sims: Pick<SimPlatform, 'holderOf' | 'admit'>
  limits?: Partial<RawLimits>
  onProblem: (text: string) => void
}

/** Messages on their way to the broker before the other side has to wait. */
const MOST_UNDER_WAY = 32
/** Between two notices that something was refused. */
const REFUSALS_APART_MS = 1_000

export class RawTunnels {
  /** Messages for ports that no rig names. */
  unknownPorts = 0
  private readonly options: RawTunnelsOptions
  private readonly tunnels = new Map<RigRawPort, Tunnel>()
  private client: BrokerClient | undefined

  constructor(options: RawTunnelsOptions) {
    this.options = options
  }

  async start(): Promise<void> {
    const { broker, login, name } = this.options
    this.client = await broker.connect({
      clientId: `s1rig-${name}-raw`,
      ...(login && { login }),
      onMessage: message => this.onDown(message),
      // What was under way may be lost, or come twice: a stream does not go on with that.
      onLost: () => this.closeAll('the broker was lost'),
    })
    // A line is no letter box: what nobody takes now is not kept.
    await this.client.subscribe(RAW_DOWN_FILTER, { qos: 0 })
  }
  async stop(): Promise<void> {
    this.closeAll('stopped')
    await this.client?.end()
  }

  private closeAll(reason: string): void {
    for (const tunnel of this.tunnels.values()) tunnel.close(reason)
  }

  private onDown({ topic, payload, retain }: BrokerMessage): void {
    const { installations, sims, onProblem } = this.options
    const to = parseRawTopic(topic)
    if (to?.leaf !== 'down') return
    if (retain) return onProblem(`${topic}: a retained message is dropped`)
    const imsi = sims.holderOf(to.apn, to.ip)?.imsi
    const port = installations.find(one => one.sim.imsi === imsi)?.raw?.find(({ name }) => name === to.name)
    if (!port || imsi === undefined) {
      this.unknownPorts++
      return onProblem(`${topic}: the rig names no such port; ${payload.length} octets dropped`)
    }
    this.tunnelTo(port, to, imsi).send(payload)
  }

  /** A hub is at one place: who speaks to it from another ends the tunnel that there was. */
  private tunnelTo(port: RigRawPort, at: RawAddress, imsi: string): Tunnel {
    const known = this.tunnels.get(port)
    if (known?.isAt(at)) return known
    known?.close('the hub is spoken to at another address')
    const tunnel = new Tunnel({
      ...{ port, at, limits: this.options.limits ?? {} },
      isAdmitted: () => this.isAdmitted(imsi, at),
      publish: (leaf, octets) => this.publish(rawTopic({ ...at, leaf }), octets),
    })
    this.tunnels.set(port, tunnel)
    return tunnel
  }

  private isAdmitted(imsi: string, { apn, ip }: { apn: Apn; ip: string }): boolean {
    const verdict = this.options.sims.admit(imsi, apn)
    return 'ip' in verdict && verdict.ip === ip
  }

  private async publish(topic: string, octets: Uint8Array): Promise<void> {
    try {
      await this.client?.publish(topic, octets)
    } catch (error) {
      this.options.onProblem(`could not publish to ${topic}: ${error instanceof Error ? error.message : error}`)
    }
  }
}

interface TunnelOptions {
  port: RigRawPort
  at: RawAddress
  limits: Partial<RawLimits>
  /** Whether the operator lets the SIM be where the party speaks to it. */
  isAdmitted: () => boolean
  publish: (leaf: 'up' | 'state', octets: Uint8Array) => Promise<void>
}

class Tunnel {
  private readonly options: TunnelOptions
  private readonly port: RawPort
  private underWay = 0
  private refused = 0
  private toldMs = Number.NEGATIVE_INFINITY

  constructor(options: TunnelOptions) {
    this.options = options
    this.port = new RawPort({
      target: parseLabAddress(options.port.to),
      limits: options.limits,
      onOctets: octets => this.up(octets),
      onOpen: () => this.tell({ state: 'open' }),
      onClosed: reason => this.tell({ state: 'closed', reason }),
    })
  }

  isAt({ apn, ip }: RawAddress): boolean {
    return this.options.at.apn === apn && this.options.at.ip === ip
  }

  send(octets: Uint8Array): void {
    const reason = this.options.isAdmitted() ? this.port.send(octets) : 'not-admitted'
    if (reason === 'not-admitted') this.close('the operator does not let the SIM be here')
    if (reason) this.refuse(reason)
  }
  close(reason: string): void {
    this.port.close(reason)
  }

  private async up(octets: Uint8Array): Promise<void> {
    if (!this.options.isAdmitted()) return this.close('the operator does not let the SIM be here')
    if (++this.underWay >= MOST_UNDER_WAY) this.port.pause(true)
    await this.options.publish('up', octets)
    if (--this.underWay === MOST_UNDER_WAY / 2) this.port.pause(false)
  }

  /** A flood of what is refused makes no flood of notices. */
  private refuse(reason: RawRefusal | 'not-admitted'): void {
    this.refused++
    if (performance.now() - this.toldMs < REFUSALS_APART_MS) return
    this.toldMs = performance.now()
    this.tell({ state: 'refused', reason, messages: this.refused })
    this.refused = 0
  }

  private tell(notice: Omit<RawNotice, 'atMs'>): void {
    const told: RawNotice = { ...notice, atMs: Date.now() }
    this.options.publish('state', Buffer.from(JSON.stringify(told)))
  }
}
