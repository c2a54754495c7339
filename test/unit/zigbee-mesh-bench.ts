/** NWK layers over MAC layers on a simulated air on which not everybody hears everybody. */
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Air } from '../../src/radio/air.ts'
import type { Link } from '../../src/radio/links.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { decodeMacFrame } from '../../src/radio/mac-frame.ts'
import { ccmStar } from '../../src/zigbee/ccm.ts'
import { decodeNwkCommand, type NwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { decodeNwk, type NwkHeader } from '../../src/zigbee/frames/nwk-frame.ts'
import { unsecure } from '../../src/zigbee/frames/security.ts'
import { Mac } from '../../src/zigbee/mac/mac.ts'
import { Nwk, type NwkOptions, type NwkRole } from '../../src/zigbee/nwk/nwk.ts'
import type { Arrival } from '../../src/zigbee/nwk/parenthood.ts'
import type { NwkOutcome } from '../../src/zigbee/nwk-service.ts'

export const KEY = { key: Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i), sequence: 0 }
export const NETWORK = { panId: 0x1a62, extendedPanId: '00db1234567890a1', channel: 15 }
/** Costs of about 1, 5 and 7. */
export const GOOD: Link = { rssiDbm: -60 }
export const WEAK: Link = { rssiDbm: -92 }
export const POOR: Link = { rssiDbm: -98 }

export interface MeshNode {
  name: string
  nwk: Nwk
  /** Payloads that arrived, hex. */
  heard: string[]
  arrivals: { device: Eui64; address: number; how: Arrival }[]
  left: { device: Eui64; rejoin: boolean }[]
}

/** One hop as it was on the air. */
export interface Hop {
  from: string
  header: NwkHeader
  /** Undefined for data. */
  command: NwkCommand | undefined
}

export class Mesh {
  readonly kernel: Kernel
  readonly air: Air
  readonly hops: Hop[] = []
  private readonly nodes = new Map<string, MeshNode>()
  private readonly ccm = ccmStar()

  constructor(seed = 'mesh') {
    this.kernel = new Kernel({ seed, startUnixMs: 0 })
    const { kernel } = this
    this.air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: { emit: () => {} } })
    this.air.links.setDefault(OUT_OF_RANGE)
    this.air.links.setBoth('sniffer', 'sniffer', GOOD)
    this.air.tap(({ from, octets }) => this.sniff(from, octets.slice(0, -2)), 'sniffer')
  }

  /** Who hears whom; everybody is heard by the sniffer. */
  link(one: string, other: string, link: Link = GOOD): void {
    this.air.links.setBoth(one, other, link)
  }

  add(name: string, role: NwkRole, options: Partial<NwkOptions> = {}): MeshNode {
    const { kernel } = this
    const eui64 = `00db1234567890${(0xa1 + this.nodes.size).toString(16)}`
    const radio = this.air.radio(name, eui64)
    this.air.links.set({ from: name, to: 'sniffer' }, GOOD)
    const mac = new Mac({ radio, timers: kernel, random: kernel.random.stream(`mac ${name}`), eui64 })
    const made: Omit<MeshNode, 'nwk'> = { name, heard: [], arrivals: [], left: [] }
    const nwk = new Nwk({
      mac,
      clock: kernel,
      timers: kernel,
      random: kernel.random.stream(`nwk ${name}`),
      ccm: this.ccm,
      role,
      manager: {
        onArrival: (device, address, _capability, how) => made.arrivals.push({ device, address, how }),
        onLeave: (device, rejoin) => made.left.push({ device, rejoin }),
      },
      ...options,
    })
    nwk.listen({ onData: apdu => made.heard.push(toHex(apdu)) })
    const node = { ...made, nwk }
    this.nodes.set(name, node)
    return node
  }

  /** The hub of the network, open for joiners. */
  hub(options: Partial<NwkOptions> = {}): MeshNode {
    const hub = this.add('hub', 'coordinator', options)
    hub.nwk.form(NETWORK, KEY)
    hub.nwk.permitJoining(true)
    return hub
  }

  /** Associated with whom it hears best, given the network key as a trust centre would, and heard of. */
  join(name: string, role: NwkRole, options: Partial<NwkOptions> = {}): MeshNode {
    const node = this.add(name, role, options)
    let outcome = ''
    node.nwk.join([NETWORK.channel], result => {
      outcome = result
    })
    this.pass(2)
    if (outcome !== 'associated') throw new Error(`${name}: ${outcome}`)
    node.nwk.keys.install(KEY)
    node.nwk.broadcast(0xfffd, Uint8Array.of(0xaa))
    node.nwk.permitJoining(role !== 'end-device')
    this.pass(2)
    return node
  }

  pass(s: number): void {
    this.kernel.runUntil(this.kernel.nowUs() + seconds(s))
  }

  /** Sends an octet, lets time pass, and returns what came of it. */
  send(from: MeshNode, to: MeshNode, octet: number, forS = 3): NwkOutcome | undefined {
    let outcome: NwkOutcome | undefined
    from.nwk.send(to.nwk.address, Uint8Array.of(octet), {}, result => {
      outcome = result
    })
    this.pass(forS)
    return outcome
  }

  /** Who sent the hops of data between two nodes since the beginning, or since the hops were emptied. */
  way(from: MeshNode, to: MeshNode): string[] {
    const [source, destination] = [from.nwk.address, to.nwk.address]
    return this.hops
      .filter(({ header }) => header.type === 'data' && header.source === source && header.destination === destination)
      .map(hop => hop.from)
  }
  /** Commands of one kind that were on the air. */
  commands<N extends NwkCommand['name']>(name: N): (Hop & { command: Extract<NwkCommand, { name: N }> })[] {
    return this.hops.filter(({ command }) => command?.name === name) as never
  }

  private sniff(from: string, psdu: Uint8Array): void {
    const mac = decodeMacFrame(psdu)
    if (mac.type !== 'data' || mac.payload.length === 0) return
    const frame = decodeNwk(mac.payload)
    const source = frame.header.auxiliary?.source
    const payload = source === undefined ? frame.payload : unsecure(frame, { ccm: this.ccm, key: KEY.key, source })
    if (!payload) throw new Error(`${from}: a frame that does not open`)
    const { header } = frame
    this.hops.push({ from, header, command: header.type === 'command' ? decodeNwkCommand(payload) : undefined })
  }
}
