/**
 * A home that is up at a broker of its own, in virtual time, and its SMSO there: asks as any head-end would, through the broker
 * alone. What the hub and a device then say to each other over the HAN is heard, and the devices can be looked at.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import { Parties } from '../../src/migration/parties.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import { packageProfiles } from '../../src/profiles/read-text.ts'
import { chooseBroker } from '../../src/rig/broker-choice.ts'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { type Prepared, prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import { type RequestKind, requestOf, SERVICE_REFERENCE_VARIANTS } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import type { DeviceType } from '../../src/wan/service-catalogue.ts'
import { attributeNameOf, clusterNameOf } from '../../src/zcl/clusters.ts'
import { decodeFrame } from '../../src/zcl/frame.ts'
import { statusName } from '../../src/zcl/status.ts'
import { groupText } from './scripted-parties.ts'

export interface RequestHomeSetup {
  rig?: string
  faults?: readonly string[]
  seed?: string
  /** Changes to the rig. */
  edit?: (rig: Plain) => Plain
  /** What models are besides or instead, by profile: facts by their group. */
  facts?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>
  /** The Group asks for the DCO: `askAs` in the name of others than the SMSO. */
  dco?: boolean
}

type Plain = Record<string, unknown>
const WRONG = new Uint8Array(32)
/** A party of the lab's own: unlike the SMSO it asks for critical requests by way of the DCO. */
const CORE = { name: 'core', key: 'c0'.repeat(32) }
const DCO = 'dc'.repeat(32)
/** Who asks beside the SMSO, and how what he asks is authenticated. */
export const ASKERS = {
  'a wrong key': { originator: 'smso', key: WRONG },
  'a name that holds no key': { originator: 'nobody', key: WRONG },
  'no authentication of the DCO': { originator: CORE.name, key: fromHex(CORE.key) },
  'a wrong authentication of the DCO': { originator: CORE.name, key: fromHex(CORE.key), dco: WRONG },
  'the authentication of the DCO': { originator: CORE.name, key: fromHex(CORE.key), dco: fromHex(DCO) },
} as const satisfies Record<string, { originator: string; key: Uint8Array; dco?: Uint8Array }>
export type Asker = keyof typeof ASKERS

type Params<K extends RequestKind> = NonNullable<Request[K]>
/** What hub and device said: `>` asked by the hub, `<` said by the device; cluster and command, or what was read or written. */
export type Said = string
/** `before`: of before the last question. */
type Frame = Extract<TraceRecord['event'], { kind: 'han.frame' }> & { atUs: number; before?: boolean }
/** Frames of before a question that are remembered, so that late answers to a device are known as such. */
const REMEMBERED = 20

/** The rig file's home when its ordinary life before a migration is over. Close it when the tests are over. */
export async function requestHome({
  rig: rigFile = 'rigs/cb-dual-fuel.yaml',
  faults = [],
  seed = '1',
  edit = rig => rig,
  facts = {},
  dco = false,
}: RequestHomeSetup = {}) {
  const prepared = prepareRig({ rigFile, faults, edit, facts, dco })
  const { rig: record, group } = prepared
  const chosen = await chooseBroker({}, group.apns)
  const problems: string[] = []
  const heard: Frame[] = []
  const lost: Extract<TraceRecord['event'], { kind: 'han.frame-lost' }>[] = []
  const nextWords = new Map<Eui64, () => void>()
  const watchers: ((frame: Frame) => void)[] = []
  const rig = new Rig({
    ...{ record, group, seed, clock: new VirtualRunClock(), broker: chosen.broker, login: chosen.login('gateway') },
    ...{ driven: true, faults: prepared.faults, name: 'requests', onProblem: text => void problems.push(text) },
    sink: ({ atUs, event }) => {
      if (event.kind === 'han.frame-lost') lost.push(event)
      // Of the ZigBee devices themselves nothing is heard: theirs are no frames of the cluster library.
      if (event.kind !== 'han.frame' || event.profileId === 0) return
      heard.push({ ...event, atUs })
      for (const see of watchers) see({ ...event, atUs })
      const look = nextWords.get(event.from)
      nextWords.delete(event.from)
      look?.()
    },
  })
  const [one] = record.installations
  if (!one) throw new Error('the rig has no installation')
  const smsoKey = fromHex(record.testKeys.smso)
  const keys = new Map([
    ['smso', smsoKey],
    [CORE.name, fromHex(CORE.key)],
  ])
  const parties = new Parties({
    ...{ broker: chosen.broker, control: rig, apns: group.apns, name: 'requests', asksDco: dco },
    logins: Object.fromEntries((['smso', 's1sp', 'dcc', 'supplier'] as const).map(role => [role, chosen.login(role)])),
    contracts: [{ installation: one.id, hub: one.devices.chf.deviceId, keys, wake: undefined }],
  })
  await parties.connect()
  await rig.start()
  await rig.settle(one.id)

  const [[apn, ip] = ['', '']] = Object.entries(one.sim.addresses)
  const smso = { installation: one.id, role: 'smso', apn, ip } as const
  const ids = Object.fromEntries(Object.values(one.devices).map(({ type, deviceId }) => [type, deviceId]))
  const idOf = (type: DeviceType): Eui64 => {
    const id = ids[type]
    if (!id) throw new Error(`the home has no ${type}`)
    return id
  }
  const hub = idOf('CHF')
  const between = (to: DeviceType, clusters: readonly string[]): Spoken[] =>
    heard
      .filter(frame => isBetween(frame, hub, idOf(to)))
      .map(frame => spokenIn(frame, hub))
      .filter(({ cluster }) => clusters.length === 0 || clusters.includes(cluster))
  const sinceAsked = (spoken: readonly Spoken[]): Spoken[] => spoken.filter(({ before }) => !before)
  const hearAnew = () => {
    heard.splice(0, heard.length - REMEMBERED)
    for (const frame of heard) frame.before = true
    lost.length = 0
  }
  return {
    ...{ rig, problems, record: one, smsoKey, idOf },
    /** The home itself, to look into. */
    get home() {
      return rig.installation(one.id)
    },
    get devices() {
      return rig.installation(one.id).devices
    },
    /** Lets time pass in the home. */
    pass: (spanUs: number) => rig.waitFor(one.id, () => false, spanUs),
    /** Until something is so; false when it was not in time. */
    until: (so: () => boolean, withinUs: number) => rig.waitFor(one.id, so, withinUs),
    /** Does something in the home's own time, as a consumer would. */
    act: (fire: () => void) => rig.act(one.id, 'act', fire),
    unixMs: () => rig.unixMs(one.id),
    nowUs: () => rig.nowUs(one.id),
    /** Asks through the broker; what is said on the HAN from now on is heard anew. A sleeper may take its time. */
    ask: async <K extends RequestKind>(
      kind: K,
      of: DeviceType,
      parameters: Params<K>,
      variant = SERVICE_REFERENCE_VARIANTS[kind],
    ): Promise<Response> => {
      hearAnew()
      const request: Request = { ...requestOf(kind, parameters), serviceReferenceVariant: variant }
      parties.stepBegins(one.id)
      const answer = await parties.request(smso, idOf(of), request, minutes(45))
      parties.stepEnds(one.id)
      if (answer.is === 'silent') throw new Error(`no answer to ${variant} of the ${of}`)
      return answer.response
    },
    /** Asks as somebody else, who may be answered or not: undefined after a while. Wants a home whose Group asks for the DCO. */
    askAs: async <K extends RequestKind>(
      asker: Asker,
      kind: K,
      of: DeviceType,
      parameters: Params<K>,
      variant = SERVICE_REFERENCE_VARIANTS[kind],
    ): Promise<Response | undefined> => {
      hearAnew()
      const { originator, key, dco: signs }: { originator: string; key: Uint8Array; dco?: Uint8Array } = ASKERS[asker]
      if (signs) keys.set('dco', signs)
      const request: Request = { ...requestOf(kind, parameters), serviceReferenceVariant: variant }
      parties.stepBegins(one.id)
      const answer = await parties.requestAs(smso, { originator, key }, idOf(of), request, seconds(20))
      parties.stepEnds(one.id)
      keys.delete('dco')
      return answer.is === 'silent' ? undefined : answer.response
    },
    /** Looks once, as a device is next heard. */
    atNextWord: (of: DeviceType, look: () => void) => void nextWords.set(idOf(of), look),
    /** What hub and device have said to each other since the last question, in order; only on these clusters where they are named. */
    said: (to: DeviceType, ...clusters: string[]): Said[] => sinceAsked(between(to, clusters)).map(({ said }) => said),
    /** The same, with when by true time. */
    spoken: (to: DeviceType): Spoken[] => sinceAsked(between(to, [])),
    /** Of that: what the hub asked, and the answers to it. What a device asks of itself is left out. */
    asked: (to: DeviceType, ...clusters: string[]) => sinceAsked(ofTheHub(between(to, clusters))),
    /** Whether something that the hub sent to a device since the last question was not collected. */
    missed: (to: DeviceType): boolean => lost.some(frame => frame.from === hub && frame.to === idOf(to)),
    /** Looks whenever hub or device say this: gives what was seen last, and when by the hub's clock. */
    whenever: <T>(to: DeviceType, said: Said, look: () => T): (() => { atMs: number; seen: T }) => {
      let last: { atMs: number; seen: T } | undefined
      watchers.push(frame => {
        if (isBetween(frame, hub, idOf(to)) && spokenIn(frame, hub).said === said) {
          last = { atMs: rig.installation(one.id).hub.clock.unixMs(), seen: look() }
        }
      })
      return () => {
        if (!last) throw new Error(`nobody has said ${said} yet`)
        return last
      }
    },
    close: async () => {
      await Promise.allSettled([rig.stop({ forget: true }), parties.end()])
      await chosen.close()
    },
  }
}

export type RequestHome = Awaited<ReturnType<typeof requestHome>>

/** The rig as it is to be, its profiles and its Group. */
function prepareRig({
  rigFile,
  faults,
  edit,
  facts,
  dco,
}: Required<Omit<RequestHomeSetup, 'rig' | 'seed'>> & { rigFile: string }): Prepared {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-requests-'))
  const write = (name: string, text: string) => {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  try {
    for (const [id, groups] of Object.entries(facts)) {
      const model = parse(readFileSync(join(packageProfiles, `${id}.yaml`), 'utf8'))
      for (const [group, values] of Object.entries(groups)) {
        const stated = Object.entries(values).map(([name, value]) => [name, { value, source: 'assumed' }])
        model[group] = { ...model[group], ...Object.fromEntries(stated) }
      }
      write(`firmware-profiles/${id}.yaml`, stringify(model))
    }
    const rig = edit(parse(readFileSync(rigFile, 'utf8')))
    const testKeys = { ...(rig.testKeys as Plain), ...(dco && { others: { [CORE.name]: CORE.key, dco: DCO } }) }
    const groupFile = dco
      ? write('group.yaml', groupText().replace('authenticates: nothing', 'authenticates: critical'))
      : undefined
    return prepare({
      rigFile: write('rigs/rig.yaml', stringify({ ...rig, testKeys })),
      faults,
      ...(groupFile && { groupFile }),
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const isBetween = ({ from, to }: Frame, hub: Eui64, device: Eui64): boolean =>
  (from === hub && to === device) || (from === device && to === hub)

/** What was said in a frame between hub and device. */
export interface Spoken {
  atUs: number
  cluster: string
  said: Said
  sequence: number
  /** It was said before the last question. */
  before: boolean
}

function spokenIn({ atUs, from, clusterId, asdu, before = false }: Frame, hub: Eui64): Spoken {
  const cluster = clusterNameOf(clusterId) ?? `${clusterId}`
  const octets = fromHex(asdu)
  const { sequence } = decodeFrame(clusterId, octets).header
  return { atUs, cluster, sequence, before, said: `${from === hub ? '>' : '<'} ${saidBy(clusterId, cluster, octets)}` }
}

/** A price that the hub tells of its own accord, when it is another. */
const NOTICE = '> Price.PublishPrice'
/** What a device asks and tells of its own accord, whatever its number. */
const OF_ITSELF = /^< ((read|write|ReportAttributes) |\w+\.(Get\w+(?<!Response)|\w+Request|PublishEvent|PublishPrice)$)/

/** Without what the device reports and asks, and what it is answered; without notices. Hub and device each count for themselves. */
function ofTheHub(spoken: readonly Spoken[]): Spoken[] {
  const [ofHub, ofDevice] = [new Set<string>(), new Set<string>()]
  return spoken.filter(({ cluster, sequence, said }) => {
    const exchange = `${cluster} ${sequence}`
    if (said.startsWith('<')) {
      const isAnswer = ofHub.has(exchange) && !OF_ITSELF.test(said)
      if (!isAnswer) ofDevice.add(exchange)
      return isAnswer
    }
    if (ofDevice.delete(exchange)) return false
    if (said !== NOTICE) ofHub.add(exchange)
    return said !== NOTICE
  })
}

/** A frame in words: `Metering.ChangeSupply`, `read Metering SupplyStatus`. */
function saidBy(clusterId: number, cluster: string, asdu: Uint8Array): string {
  const frame = decodeFrame(clusterId, asdu)
  if (frame.kind === 'cluster') return `${cluster}.${frame.command}`
  if (frame.kind === 'unknown') return `${cluster} command ${frame.header.commandId}`
  const { command, header } = frame
  const side = header.direction === 'toServer' ? 'server' : 'client'
  const name = (id: number) => attributeNameOf(clusterId, side, id) ?? `0x${id.toString(16)}`
  if (command.name === 'ReadAttributes') return `read ${cluster} ${command.attributeIds.map(name).join(' ')}`
  if (command.name === 'WriteAttributes')
    return `write ${cluster} ${command.records.map(({ id }) => name(id)).join(' ')}`
  if (command.name === 'DefaultResponse') return `DefaultResponse ${cluster} ${statusName(command.status)}`
  return `${command.name} ${cluster}`
}
