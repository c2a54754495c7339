/** The parts of a NWK layer, put together: who tells whom. */
import type { Eui64 } from '../../base/ids.ts'
import { encodeNwkCommand } from '../frames/nwk-commands.ts'
import { NWK_BROADCAST, type NwkListener } from '../nwk-service.ts'
import { Broadcasting } from './broadcasting.ts'
import { ChildCare, DEFAULT_TIMEOUT } from './child-care.ts'
import { Concentrator } from './concentrator.ts'
import { KeepingAlive } from './keep-alive.ts'
import { LinkStatus } from './link-status.ts'
import { Membership } from './membership.ts'
import { Neighbours } from './neighbours.ts'
import { NwkCommands } from './nwk-command-handler.ts'
import type { NwkOptions } from './nwk-options.ts'
import { NwkSecurity } from './nwk-security.ts'
import { Parenthood } from './parenthood.ts'
import { Place } from './place.ts'
import { Receiver, strip } from './receiver.ts'
import { Routing } from './routing.ts'
import { MOST_RELAYS } from './source-routes.ts'
import { Transmitter } from './transmitter.ts'

/** What the layer's owner works with. */
export interface NwkParts {
  place: Place
  security: NwkSecurity
  neighbours: Neighbours
  care: ChildCare
  parenthood: Parenthood
  routing: Routing
  transmitter: Transmitter
  membership: Membership
}

/** Puts a layer together and has it listen to the MAC. `listener`: who takes what comes in. */
export function assemble(
  options: NwkOptions,
  { listener, onRefused }: { listener: () => NwkListener; onRefused: (reason: string) => void },
): NwkParts {
  const { mac, clock, timers, random, role, manager, ccm, sleepy = false } = options
  const { concentrator: concentrates = role === 'coordinator', keepAlive = { poll: true, request: true } } = options
  const { childAgeing: ageing = role === 'coordinator' ? 'never' : 'by timeout' } = options
  const { endDeviceTimeout: requestedTimeout = DEFAULT_TIMEOUT } = options
  const { eui64 } = mac
  const routes = role !== 'end-device'
  const place = new Place(eui64)
  const neighbours = new Neighbours(address => routing.lost(address))
  const alive = new KeepingAlive({ timers, requestedTimeout, request: askTimeout })
  const security = new NwkSecurity({
    ...{ eui64, ccm, onRefused },
    onKeyed: keepAliveHere,
    onKeySwitched: sequence => manager.onKeySwitched?.(sequence),
  })
  const care = new ChildCare({
    ...{ mac, clock, timers, random, place, manager, ageing, pollsCount: keepAlive.poll },
    maxChildren: options.maxChildren,
    command: (command, to, how, onDone) => transmitter.command(command, to, how, onDone),
  })
  const { children } = care
  const parenthood = new Parenthood({ care, random, place, manager })
  const broadcasting = new Broadcasting({
    ...{ mac, timers, random, floods: routes },
    children: () => children.list(),
    seal: (header, payload) => (place.isOnNetwork ? security.seal(header, payload) : undefined),
  })
  const routing: Routing = new Routing({
    ...{ timers, random, routes, concentrates, place, neighbours },
    isInCare: address => {
      const child = children.at(address)
      return child !== undefined && !(child.router && child.life === 'present')
    },
    request: command =>
      transmitter.command(command, NWK_BROADCAST.routers, command.manyToOne === 'no' ? {} : { radius: MOST_RELAYS }),
    reply: (command, hop) => transmitter.command(command, hop),
    passOn: (header, command) => broadcasting.flood(strip(header), encodeNwkCommand(command)),
    onFailure: () => {
      if (concentrates) concentrator.renew()
    },
  })
  const transmitter = new Transmitter({
    ...{ mac, timers, random, role, place, security, children, routing, broadcasting },
    onLost: hop => {
      neighbours.forget(hop)
      routing.lost(hop)
    },
    onUncollected: child => void care.happened(child.device, 'uncollected'),
  })
  const commands = new NwkCommands({
    ...{ eui64, routing, neighbours, care, keepAlive, onRefused },
    own: () => place.address,
    parent: () => place.parent,
    eui64Of: address => place.eui64Of(address),
    send: (command, to, how) => transmitter.command(command, to, { ...how, radius: 1 }),
    rejoined: (device, claimed, capability, secured) =>
      routes && place.isOnNetwork ? parenthood.rejoined(device, claimed, capability, secured) : undefined,
    onTimeoutResponse: (status, ways) => alive.answered(status, ways),
    left: gone,
  })
  const linkStatus = new LinkStatus({
    ...{ timers, random, neighbours },
    send: command => transmitter.command(command, NWK_BROADCAST.routers, { radius: 1 }),
  })
  const concentrator = new Concentrator({ timers, random, request: () => routing.requestMany() })
  const membership = new Membership({
    ...{ mac, timers, role, sleepy, place, transmitter, commands },
    onParent: (address, lqi) => neighbours.heard(address, lqi),
    onSettled: () => {
      if (routes) linkStatus.start()
      if (concentrates) concentrator.start()
      keepAliveHere()
    },
    onGone: forget,
  })
  const receiver = new Receiver({
    ...{ role, sleepy, manager, place, neighbours, security, care, broadcasting, routing, transmitter, commands },
    ...{ listener, onRefused },
  })
  mac.listen({
    onData: (npdu, from) => receiver.receive(npdu, from),
    onAssociation: (device, capability) => parenthood.associate(device, capability),
    onAssociated: (device, address) => parenthood.associated(device, address),
    onNotAssociated: device => parenthood.notAssociated(device),
    onPolled: child => care.polled(child),
    beacon: () => {
      const { network, isOnNetwork } = place
      if (!network || !isOnNetwork || !routes) return undefined
      return parenthood.beacon(network, role === 'coordinator' ? 0 : 1)
    },
  })
  return { place, security, neighbours, care, parenthood, routing, transmitter, membership }

  /** An end device that has a parent and the network key agrees how long it is kept. */
  function keepAliveHere(): void {
    if (!routes && security.keys.current && place.isOnNetwork) alive.begin()
  }
  function askTimeout(timeout: number): void {
    if (place.parent === undefined || !security.keys.current) return
    const command = { name: 'EndDeviceTimeoutRequest', requestedTimeout: timeout, configuration: 0 } as const
    transmitter.command(command, place.parent, {
      sourceEui64: true,
      destinationEui64: place.eui64Of(place.parent),
      radius: 1,
    })
  }
  function gone(device: Eui64, address: number | undefined, rejoin: boolean): void {
    care.left(device, rejoin)
    if (address !== undefined) neighbours.forget(address)
    manager.onLeave?.(device, rejoin)
  }
  function forget(): void {
    linkStatus.stop()
    concentrator.stop()
    alive.stop()
    security.keys.forget()
    care.clear()
    routing.clear()
    neighbours.clear()
  }
}
