/**
 * A home that is up at a broker of its own, in virtual time, and its SMSO there: asks as any head-end would, through the broker
 * alone. What the hub and a device then say to each other over the HAN is heard, and the devices can be looked at.
 */
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { minutes } from '../../src/base/time.ts'
import { Parties } from '../../src/migration/parties.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import { chooseBroker } from '../../src/rig/broker-choice.ts'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import { type RequestKind, requestOf, SERVICE_REFERENCE_VARIANTS } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import type { DeviceType } from '../../src/wan/service-catalogue.ts'
import { attributeNameOf, clusterNameOf } from '../../src/zcl/clusters.ts'
import { decodeFrame } from '../../src/zcl/frame.ts'
import { statusName } from '../../src/zcl/status.ts'

export interface RequestHomeSetup {
  rig?: string
  faults?: readonly string[]
  seed?: string
}

type Params<K extends RequestKind> = NonNullable<Request[K]>
/** What hub and device said: `>` asked by the hub, `<` said by the device; cluster and command, or what was read or written. */
export type Said = string

/** The rig file's home when its ordinary life before a migration is over. Close it when the tests are over. */
export async function requestHome({
  rig: rigFile = 'rigs/cb-dual-fuel.yaml',
  faults = [],
  seed = '1',
}: RequestHomeSetup = {}) {
  const prepared = prepare({ rigFile, faults })
  const { rig: record, group } = prepared
  const chosen = await chooseBroker({}, group.apns)
  const problems: string[] = []
  const heard: Extract<TraceRecord['event'], { kind: 'han.frame' }>[] = []
  const rig = new Rig({
    ...{ record, group, seed, clock: new VirtualRunClock(), broker: chosen.broker, login: chosen.login('gateway') },
    ...{ driven: true, faults: prepared.faults, name: 'requests', onProblem: text => void problems.push(text) },
    sink: ({ event }) => void (event.kind === 'han.frame' && heard.push(event)),
  })
  const [one] = record.installations
  if (!one) throw new Error('the rig has no installation')
  const smsoKey = fromHex(record.testKeys.smso)
  const parties = new Parties({
    ...{ broker: chosen.broker, control: rig, apns: group.apns, name: 'requests' },
    logins: Object.fromEntries((['smso', 's1sp', 'dcc', 'supplier'] as const).map(role => [role, chosen.login(role)])),
    contracts: [
      { installation: one.id, hub: one.devices.chf.deviceId, keys: new Map([['smso', smsoKey]]), wake: undefined },
    ],
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
  return {
    ...{ rig, problems, record: one, idOf },
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
      heard.length = 0
      const request: Request = { ...requestOf(kind, parameters), serviceReferenceVariant: variant }
      parties.stepBegins(one.id)
      const answer = await parties.request(smso, idOf(of), request, minutes(45))
      parties.stepEnds(one.id)
      if (answer.is === 'silent') throw new Error(`no answer to ${variant} of the ${of}`)
      return answer.response
    },
    /** What hub and device have said to each other since the last question, in order; only on these clusters where they are named. */
    said: (to: DeviceType, ...clusters: string[]): Said[] =>
      heard.flatMap(frame => {
        const [from, device] = [frame.from === hub ? '>' : '<', frame.from === hub ? frame.to : frame.from]
        const cluster = clusterNameOf(frame.clusterId) ?? `${frame.clusterId}`
        if (device !== idOf(to) || (frame.from !== hub && frame.to !== hub)) return []
        if (clusters.length > 0 && !clusters.includes(cluster)) return []
        return [`${from} ${saidBy(frame.clusterId, cluster, fromHex(frame.asdu))}`]
      }),
    close: async () => {
      await Promise.allSettled([rig.stop({ forget: true }), parties.end()])
      await chosen.close()
    },
  }
}

export type RequestHome = Awaited<ReturnType<typeof requestHome>>

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
