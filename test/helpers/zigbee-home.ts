import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TestAuthority } from '../../src/crypto/test-authority.ts'
import type { ApsPayload, DeliveryOutcome, HanNode } from '../../src/ports/han.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { zigbeePcKeys } from '../../src/radio/zigbee-pc-keys.ts'
import type { Credentials } from '../../src/zigbee/link-security.ts'
import { ZigbeeCoordinator, type ZigbeeCoordinatorOptions } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode, type ZigbeeNodeOptions } from '../../src/zigbee/zigbee-node.ts'
import { AirHome } from './air-home.ts'

export const HUB: Eui64 = '00db1234567800a1'
export const METER: Eui64 = '00db1234567800b1'
export const DISPLAY: Eui64 = '00db1234567800b2'
export const GAS: Eui64 = '00db1234567800c1'
/** With its CRC. @source ZigBee Smart Energy 1.1b, 5.4.8.1.1 */
export const INSTALL_CODE = fromHex('83fed3407a939723a5c639b26916d505c3b5')
const NETWORK = { panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 }

/** What a node is to have; suite 1 of the home's authority unless told. */
export interface NodeWish {
  suites?: readonly CryptoSuite[]
  forcedSuite?: CryptoSuite
  /** Whose certificates it has and takes; the home's unless named. */
  authority?: string
  /** Its Smart Energy endpoint. Default 1. */
  endpoint?: number
  /** Longest APS frame it sends at once. */
  maxApduOctets?: number
}

/** A node whose layers a test may look at and misuse. */
export class OpenNode extends ZigbeeNode {
  get layers() {
    const { nwk, aps, zdo, linkKeys } = this
    return { nwk, aps, zdo, linkKeys }
  }
}
export class OpenHub extends ZigbeeCoordinator {
  get layers() {
    const { nwk, aps, zdo, linkKeys } = this
    return { nwk, aps, zdo, linkKeys }
  }
}

/** A node and what it told its owner. */
export interface Party<N extends HanNode> {
  node: N
  events: TraceEvent[]
  told: string[]
  data: { from: Eui64; payload: ApsPayload }[]
}

export class ZigbeeHome extends AirHome {
  private readonly authorities = new Map<string, TestAuthority>()

  constructor(seed = 'home') {
    super(seed)
  }

  /** A hub that has formed its network. */
  hub(wish: NodeWish & Pick<ZigbeeCoordinatorOptions, 'keyEstablishmentUs'> = {}): Party<OpenHub> {
    const party = this.unformedHub(HUB, wish)
    party.node.form(NETWORK)
    this.run(seconds(1))
    return party
  }
  unformedHub(
    eui64: Eui64,
    wish: NodeWish & Pick<ZigbeeCoordinatorOptions, 'keyEstablishmentUs'> = {},
  ): Party<OpenHub> {
    const { keyEstablishmentUs } = wish
    const policy = keyEstablishmentUs === undefined ? {} : { keyEstablishmentUs }
    return this.party(eui64, wish, options => new OpenHub({ ...options, ...policy }))
  }
  node(eui64: Eui64, wish: NodeWish & { role?: 'router' | 'sleepy-end-device' } = {}): Party<OpenNode> {
    const { role = 'router' } = wish
    return this.party(eui64, wish, options => new OpenNode({ ...options, role }))
  }

  /** A node that is listed, joins and holds its link key. */
  joined(hub: Party<OpenHub>, eui64: Eui64, wish: Parameters<ZigbeeHome['node']>[1] = {}): Party<OpenNode> {
    const party = this.node(eui64, wish)
    this.open(hub, eui64)
    party.node.join(INSTALL_CODE)
    this.until(() => party.told.includes('joined'))
    return party
  }
  /** Lists a device and opens the door for 200 s; returns when every router has heard of it. */
  open(hub: Party<OpenHub>, eui64: Eui64, code = INSTALL_CODE): void {
    hub.node.authorise(eui64, code)
    hub.node.permitJoining(seconds(200))
    this.run(seconds(1))
  }
  /** Sends, and lets time pass until the outcome is known. */
  send({ node }: Party<HanNode>, to: Eui64, payload: Partial<ApsPayload> = {}): DeliveryOutcome | undefined {
    const outcomes: DeliveryOutcome[] = []
    node.send(to, { ...METERING, ...payload }, outcome => outcomes.push(outcome))
    this.until(() => outcomes.length > 0)
    return outcomes[0]
  }

  /** Everything that was on the air, and the keys that open it. */
  pcap(hub: ZigbeeCoordinator): { octets: Uint8Array; keys: string } {
    const keys = hub.testKeys().map(({ key, label }) => ({ key: fromHex(key), label }))
    return { octets: this.captured(), keys: zigbeePcKeys(keys) }
  }

  private party<N extends HanNode>(
    eui64: Eui64,
    wish: NodeWish,
    make: (options: Omit<ZigbeeNodeOptions, 'role'>) => N,
  ): Party<N> {
    const events: TraceEvent[] = []
    const node = make({
      ...this.world.of(eui64),
      trace: { emit: event => events.push(event) },
      channels: [NETWORK.channel],
      credentials: this.credentials(eui64, wish),
      ...(wish.maxApduOctets && { maxApduOctets: wish.maxApduOctets }),
    })
    const party: Party<N> = { node, events, told: [], data: [] }
    node.listen({
      onData: (from, payload) => party.data.push({ from, payload: { ...payload, asdu: payload.asdu.slice() } }),
      onJoined: () => party.told.push('joined'),
      onJoinFailed: reason => party.told.push(`failed: ${reason}`),
      onLeft: () => party.told.push('left'),
      onDeviceJoined: device => party.told.push(`joined: ${device}`),
      onDeviceLeft: device => party.told.push(`left: ${device}`),
    })
    const { endpoint = 1 } = wish
    node.addEndpoint({
      endpoint,
      profileId: METERING.profileId,
      deviceId: 0x0501,
      inputClusters: [METERING.clusterId],
      outputClusters: [],
    })
    return party
  }

  private credentials(subject: Eui64, { suites = [1], forcedSuite, authority = 'home' }: NodeWish): Credentials {
    const held = suites.map(suite => {
      const issuer = this.authority(suite, authority)
      return [suite, { ...issuer.issue({ subject }), authority: issuer }] as const
    })
    return { ...Object.fromEntries(held), ...(forcedSuite && { forcedSuite }) }
  }
  private authority(suite: CryptoSuite, label: string): TestAuthority {
    const name = `${label} ${suite}`
    const random = this.kernel.random.stream(name)
    const issuer = toHex(new TextEncoder().encode(label.padEnd(8, '.').slice(0, 8)))
    const authority = this.authorities.get(name) ?? new TestAuthority({ curve: curveOf(suite), random, issuer })
    this.authorities.set(name, authority)
    return authority
  }
}

export const METERING: ApsPayload = {
  profileId: 0x0109,
  clusterId: 0x0702,
  sourceEndpoint: 1,
  destinationEndpoint: 1,
  security: 'link',
  asdu: Uint8Array.of(0x00, 0x01, 0x00, 0x00, 0x00),
}

/** Key establishments that a party finished, as suites. */
export const suitesAgreed = ({ events }: Party<HanNode>): CryptoSuite[] =>
  events.flatMap(event => (event.kind === 'han.link-key' ? [event.suite] : []))
/** Key establishments that came to nothing, as reasons. */
export const failuresOf = ({ events }: Party<HanNode>): string[] =>
  events.flatMap(event => (event.kind === 'han.link-key-failed' ? [event.reason] : []))
