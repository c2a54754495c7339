/** The layers of one node, and which hears what from which. What roles do differently is handed in. */
import type { Eui64 } from '../base/ids.ts'
import type { ApsPayload, HanListener, HanRole } from '../ports/han.ts'
import type { Radio } from '../ports/radio.ts'
import type { Clock, Random, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { Aps, type ApsArrival, type CommandProtection } from './aps/aps.ts'
import { LinkKeys } from './aps/link-keys.ts'
import { ccmStar } from './ccm.ts'
import { CentreDealings } from './centre-dealings.ts'
import { Commissioning } from './commissioning.ts'
import { ExchangeFrames } from './exchange-frames.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import type { Capability } from './frames/capability.ts'
import { obeyLeaveRequest } from './leave-request.ts'
import { type Credentials, LinkSecurity } from './link-security.ts'
import { Mac } from './mac/mac.ts'
import { nodeDescriptor } from './node-descriptor.ts'
import type { NodeMemory } from './node-memory.ts'
import type { ChildAgeing } from './nwk/child-care.ts'
import { Nwk } from './nwk/nwk.ts'
import type { Arrival } from './nwk/parenthood.ts'
import { PartnerKeys } from './partner-keys.ts'
import { ShortPolling } from './short-polling.ts'
import { Zdo } from './zdo/zdo.ts'

export interface ZigbeeNodeOptions {
  eui64: Eui64
  role: HanRole
  radio: Radio
  clock: Clock
  timers: Timers
  random: Random
  trace: Trace
  /** For key establishment; without them the key made from the install code carries data. */
  credentials?: Credentials
  /** 16 octets to join with in place of the key made from an install code: `WELL_KNOWN_LINK_KEY` in home automation. */
  preconfiguredKey?: Uint8Array
  /** Channels looked at for networks; all 16 unless given. */
  channels?: readonly number[]
  /** Octets of the longest APS frame sent in one piece; what fits a frame without a source route unless given. */
  maxApduOctets?: number
  /** What this node knew when it was switched off. */
  memory?: NodeMemory
}

/**
 * Transmissions on one hop: more than the four of the standard, for in a busy home two nodes now and then answer at the same
 * moment, and a frame that the APS repeats seconds later is overtaken by those behind it. @source assumed
 */
const HOP_ATTEMPTS = 12
const ALL_CHANNELS = Array.from({ length: 16 }, (_, i) => 11 + i)

/** What roles do differently, and what the node hears. */
export interface NodeConduct {
  owner: () => HanListener
  /** Whether frames of a node that holds the network key are taken at all. */
  mayCommunicate: (device: Eui64) => boolean
  /** A device has a short address at this node. */
  onArrival: (device: Eui64, address: number, capability: Capability, how: Arrival) => void
  /** A node leaves; this one when it is told to. */
  onLeave: (device: Eui64, rejoin: boolean) => void
  onHeard: (device: Eui64) => void
  onAnnounce: (device: Eui64) => void
  onData: (device: Eui64, payload: ApsPayload) => void
  /** Hears all data, whoever it is for and from, and asks in this node's name; nobody else here needs to know senders by name. */
  onReceived?: (from: ApsArrival, payload: ApsPayload) => void
  /** A child left for good, or collected the order to. */
  onChildLeft?: (device: Eui64) => void
  /** Of the standard, as the node descriptor tells it: from 21 on a joiner asks its trust centre for a link key of its own. */
  revision?: number
  /** Children it may have, 32 unless said otherwise. */
  maxChildren?: number
  /** Whether it gives up children it does not hear of; unless said otherwise a router does, a coordinator does not. */
  childAgeing?: ChildAgeing
  obey: (from: { address: number; eui64: Eui64 | undefined }, command: ApsCommand, how: CommandProtection) => void
  /** Status of the device object. */
  permitJoining: (durationS: number) => number
  /** Whether a device may begin key establishment here. */
  admitsExchange: (device: Eui64) => boolean
  /** Data came under a key that is retired here. */
  staleKeyUsed: (device: Eui64) => void
  /** A link key that may carry data is shared with the device now. */
  established: (device: Eui64) => void
}

export interface ZigbeeStack {
  nwk: Nwk
  aps: Aps
  zdo: Zdo
  linkKeys: LinkKeys
  linkSecurity: LinkSecurity | undefined
  centreDealings: CentreDealings
  commissioning: Commissioning
  partnerKeys: PartnerKeys
  shortPolling: ShortPolling
}

/** Each layer is given the ones below; what it tells those above it tells later, when all are there. */
export function assembleStack(options: ZigbeeNodeOptions, conduct: NodeConduct): ZigbeeStack {
  const { eui64, role, radio, clock, timers, random, trace } = options
  const ccm = ccmStar()
  const linkKeys = new LinkKeys()
  const onWaiting = () => shortPolling.begin()
  const mac = new Mac({ radio, timers, random: random.stream('mac'), eui64, attempts: HOP_ATTEMPTS })
  const nwk: Nwk = new Nwk({
    mac,
    clock,
    timers,
    random: random.stream('nwk'),
    ccm,
    role: role === 'sleepy-end-device' ? 'end-device' : role,
    sleepy: role === 'sleepy-end-device',
    ...(conduct.maxChildren && { maxChildren: conduct.maxChildren }),
    ...(conduct.childAgeing && { childAgeing: conduct.childAgeing }),
    manager: {
      mayCommunicate: device => conduct.mayCommunicate(device),
      onArrival: (device, address, capability, how) => conduct.onArrival(device, address, capability, how),
      onLeave: (device, rejoin) => conduct.onLeave(device, rejoin),
      onChildLeft: (device, address) => {
        centreDealings.report(device, address, 'left')
        conduct.onChildLeft?.(device)
      },
      onHeard: device => conduct.onHeard(device),
      onParentAnnounce: children => zdo.announceChildren(children),
    },
  })
  const aps = new Aps({
    nwk,
    clock,
    timers,
    random: random.stream('aps'),
    ccm,
    linkKeys,
    trustCentre: () => centreDealings.centre,
    trace,
    preconfiguredKeysCarryData: options.credentials === undefined,
    ...(options.maxApduOctets && { maxApduOctets: options.maxApduOctets }),
  })
  const zdo: Zdo = new Zdo({
    nwk,
    aps,
    timers,
    host: {
      nodeDescriptor: () => nodeDescriptor(role, nwk.capability(), conduct.revision),
      children: () => nwk.children.list().filter(({ sleepy }) => sleepy),
      permitJoining: durationS => conduct.permitJoining(durationS),
      onAnnounce: (device, address) => {
        nwk.announced(device, address)
        conduct.onAnnounce(device)
      },
      neighbours: () => nwk.neighbourTable(),
      ...(role !== 'sleepy-end-device' && { routes: () => nwk.routeTable() }),
      leave: (request, from) => {
        const leave = (rejoin: boolean) => commissioning.take(rejoin ? 'parent-lost' : 'told-to-leave')
        return obeyLeaveRequest(request, { from, nwk, trustCentre: centreDealings.centre, timers, leave })
      },
      othersAsk: conduct.onReceived !== undefined,
      claimed: devices => nwk.claimed(devices),
      contested: devices => nwk.contested(devices),
    },
  })
  aps.listen({
    onData: ({ eui64: device }, payload) => device !== undefined && conduct.onData(device, payload),
    ...(conduct.onReceived
      ? { onReceived: conduct.onReceived }
      : {
          identify: (address, onKnown) => {
            zdo.ieeeAddressOf(address, onKnown)
            shortPolling.begin()
          },
        }),
    onCommand: (from, command, how) => conduct.obey(from, command, how),
    onRefused: (reason, { eui64: device }) => {
      if (reason === 'stale-key' && device !== undefined) conduct.staleKeyUsed(device)
    },
  })
  const frames = new ExchangeFrames({ nwk, aps, zdo, timers, onWaiting })
  const linkSecurity =
    options.credentials &&
    new LinkSecurity({
      eui64,
      side: role === 'coordinator' ? 'trust-centre' : 'joiner',
      credentials: options.credentials,
      timers,
      random: random.stream('key establishment'),
      trace,
      linkKeys,
      endpoint: () => frames.endpoint,
      admits: device => conduct.admitsExchange(device),
      find: (device, onFound) => frames.find(device, onFound),
      transmit: (ends, asdu, onOutcome) => frames.send(ends, asdu, onOutcome),
      onEstablished: device => conduct.established(device),
      onHopeless: () => commissioning.take('hopeless'),
    })
  const commissioning: Commissioning = new Commissioning({
    nwk,
    zdo,
    clock,
    timers,
    trace,
    channels: options.channels ?? ALL_CHANNELS,
    isCoordinator: role === 'coordinator',
    remembers: options.memory !== undefined,
    owner: conduct.owner,
    seekCentre: onDone => centreDealings.seek(onDone),
    prove() {
      const { centre } = centreDealings
      if (!linkSecurity || centre === undefined || centreDealings.isTrusted) return commissioning.take('proven')
      linkSecurity.begin(centre)
      onWaiting()
    },
    forget() {
      aps.reset()
      zdo.reset()
      linkSecurity?.abandon()
    },
    onWaiting,
    onReturn: () => {
      if (centreDealings.centre !== undefined) linkKeys.expectReplacement(centreDealings.centre)
    },
  })
  const partnerKeys: PartnerKeys = new PartnerKeys({ timers, ask: partner => centreDealings.askForKey(partner) })
  const centreDealings: CentreDealings = new CentreDealings({
    nwk,
    aps,
    zdo,
    linkKeys,
    commissioning: () => commissioning,
    onPartnerKey: partner => partnerKeys.arrived(partner),
    onWaiting,
  })
  const shortPolling: ShortPolling = new ShortPolling({
    sleeps: role === 'sleepy-end-device',
    timers,
    poll: () => nwk.poll(),
    isWaiting: () =>
      nwk.settings !== undefined &&
      (aps.underWay > 0 || zdo.pending > 0 || linkSecurity?.busy === true || commissioning.waiting),
  })
  return { nwk, aps, zdo, linkKeys, linkSecurity, centreDealings, commissioning, partnerKeys, shortPolling }
}
