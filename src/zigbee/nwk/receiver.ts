/** Frames that come in: believed or refused, taken, passed on, or sent further on their way. */
import { WireError } from '../../base/errors.ts'
import { isBroadcast } from '../frames/addresses.ts'
import { decodeNwkCommand } from '../frames/nwk-commands.ts'
import { decodeNwk, type NwkHeader } from '../frames/nwk-frame.ts'
import { NWK_BROADCAST, type NwkListener } from '../nwk-service.ts'
import type { Broadcasting } from './broadcasting.ts'
import type { NwkCommands } from './nwk-command-handler.ts'
import type { NwkManager, NwkRole } from './nwk-options.ts'
import type { NwkSecurity, Opened } from './nwk-security.ts'
import type { Parenthood } from './parenthood.ts'
import type { Place } from './place.ts'
import type { Routing } from './routing.ts'
import type { Transmitter } from './transmitter.ts'

export interface ReceiverOptions {
  role: NwkRole
  sleepy: boolean
  manager: NwkManager
  place: Place
  security: NwkSecurity
  parenthood: Parenthood
  broadcasting: Broadcasting
  routing: Routing
  transmitter: Transmitter
  commands: NwkCommands
  listener: () => NwkListener
  /** A neighbour was heard that holds the network key. */
  onNeighbour: (address: number) => void
  onRefused: (reason: string) => void
}

/** How a frame came: which neighbour sent it on, and how well it was heard. */
export interface Hop {
  source: number
  broadcast: boolean
  lqi: number
}

export class Receiver {
  private readonly options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.options = options
  }

  /** Octets from outside never throw. */
  receive(npdu: Uint8Array, from: Hop): void {
    try {
      const frame = decodeNwk(npdu)
      const opened = this.options.security.open(frame)
      if (opened) this.take(frame.header, opened, from)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.options.onRefused(error.code)
    }
  }

  private take(header: NwkHeader, { payload, sender, secured }: Opened, from: Hop): void {
    const { place, parenthood, manager, role, onNeighbour, onRefused } = this.options
    if (header.source === place.address && place.isOnNetwork) return
    if (sender !== undefined) {
      const child = parenthood.children.of(sender)
      if (child?.dismissed || manager.mayCommunicate?.(sender) === false) {
        parenthood.dismiss(sender)
        return onRefused('nwk.not-admitted')
      }
      place.learn(sender, from.source)
      if (child) child.authenticated = true
      manager.onHeard?.(sender)
    }
    if (secured && header.sourceEui64 !== undefined) place.learn(header.sourceEui64, header.source)
    if (secured && role !== 'end-device' && !parenthood.children.at(from.source)?.sleepy) onNeighbour(from.source)
    if (isBroadcast(header.destination)) return this.takeBroadcast(header, payload, secured, from.source)
    if (header.destination !== place.address) return this.forward(header, payload, secured)
    this.deliver(header, payload, secured, from.source, false)
  }

  private takeBroadcast(header: NwkHeader, payload: Uint8Array, secured: boolean, hop: number): void {
    const { broadcasting, role, sleepy } = this.options
    if (!secured || !broadcasting.isNew(header)) return
    const forMe =
      header.destination === NWK_BROADCAST.all ||
      (header.destination === NWK_BROADCAST.rxOnWhenIdle && !sleepy) ||
      (header.destination === NWK_BROADCAST.routers && role !== 'end-device')
    if (header.type === 'data') broadcasting.passOn(strip(header), payload)
    if (forMe) this.deliver(header, payload, secured, hop, true)
  }

  private forward(header: NwkHeader, payload: Uint8Array, secured: boolean): void {
    const { role, routing, transmitter, onRefused } = this.options
    if (role === 'end-device' || header.radius <= 1 || !secured) return
    const onward = strip({ ...header, radius: header.radius - 1 })
    routing.nextHop(header.destination, hop => {
      if (hop === undefined) return onRefused('nwk.no-route')
      transmitter.hop(hop, onward, payload, true, () => {})
    })
  }

  private deliver(header: NwkHeader, payload: Uint8Array, secured: boolean, hop: number, broadcast: boolean): void {
    const { place, manager, commands, listener, onRefused } = this.options
    const origin = secured && header.source !== hop ? place.eui64Of(header.source) : undefined
    if (origin !== undefined) {
      if (manager.mayCommunicate?.(origin) === false) return onRefused('nwk.not-admitted')
      manager.onHeard?.(origin)
    }
    if (header.type === 'command') return commands.obey(decodeNwkCommand(payload), { header, secured, hop })
    const { source } = header
    listener().onData(payload, { source, eui64: place.eui64Of(source), broadcast, secured })
  }
}

/** The header without the security of the hop before. */
export const strip = ({ auxiliary: _, ...header }: NwkHeader): NwkHeader => header
