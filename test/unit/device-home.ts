/** A whole home of the rigs that come with s1rig, in virtual time, without a broker: what goes up is kept here. */
import { fileURLToPath } from 'node:url'
import { fromHex } from '../../src/base/bytes.ts'
import { minutes } from '../../src/base/time.ts'
import type { TraceEvent, TraceRecord } from '../../src/ports/trace.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { diskFiles, packageProfiles } from '../../src/profiles/read-text.ts'
import { kernelOf } from '../../src/rig/home.ts'
import { Installation, type InstallationMemory } from '../../src/rig/installation.ts'
import { groupIds } from '../../src/rig/prepare.ts'
import { decodeMessage, encodeMessage, type Message, verifyMessage } from '../../src/wan/messages/codec.ts'
import { type RequestKind, requestOf } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { PacketGateway } from '../../src/wan/packet-gateway.ts'
import { type SimMemory, SimPlatform } from '../../src/wan/sim-platform.ts'
import { rcpBench } from '../helpers/rcp-bench.ts'

/** Devices of the rigs, by type. */
export const ID = {
  CHF: '00db1234567890a1',
  GPF: '00db1234567890a2',
  ESME: '00db1234567890a3',
  GSME: '00db1234567890a4',
  PPMID: '00db1234567890a5',
  IHD: '00db1234567890a6',
  CAD: '00db1234567890a7',
} as const

/** A stick as a rig has it, whatever its line. */
const STICK = { driver: 'spinel', link: 'tcp://127.0.0.1:1', carries: 'hub' } as const

export interface HomeOptions {
  rig?:
    | 'cb-dual-fuel'
    | 'cb-prepayment'
    | 'cb-electricity-only'
    | 'cb-seven-devices'
    | 'cb-far-meter'
    | 'ioc-dual-fuel'
    | 'secure-dual-fuel'
    | 'foc-dual-fuel'
  /** Path of another rig file. */
  file?: string
  seed?: string
  /** Changes to the texts of rig and profiles before they are read: what stands there, what shall stand there. */
  edits?: readonly (readonly [string, string])[]
  /** Without frames on the air: for tests of what devices do, whatever carries it. */
  inMemory?: boolean
  /** Keep the trace; a day of it is large. */
  keep?: (event: TraceEvent) => boolean
  /** Civil time at the start, Unix ms; the rig's unless given. */
  startUnixMs?: number
  /** Takes the capture of the air. */
  onCapture?: (octets: Uint8Array) => void
  /** Whose radios are emulated RCPs that our own host drives. */
  onSticks?: readonly string[]
  /** Keys of others at the hub, hex, by name. */
  otherKeys?: Readonly<Record<string, string>>
  /** Critical requests need the DCO's authentication. */
  asksDco?: boolean
  /** What home and SIM platform kept from before. */
  memory?: { home: InstallationMemory; sims: readonly SimMemory[]; counter: number }
}

export function home(options: HomeOptions = {}) {
  const { rig = 'cb-dual-fuel', seed = 'home', edits = [], keep = () => true } = options
  const used = new Set<string>()
  const read = (path: string) =>
    edits.reduce((text, [from, to]) => {
      if (text?.includes(from)) used.add(from)
      return text?.replaceAll(from, to)
    }, diskFiles.read(path))
  const file = options.file ?? fileURLToPath(new URL(`../../rigs/${rig}.yaml`, import.meta.url))
  const loaded = loadRig(file, { ...diskFiles, read, roots: [packageProfiles], groups: groupIds })
  const [written] = loaded.installations
  const inMemory = options.inMemory && written ? { ...written, han: { ...written.han, kind: 'aps' as const } } : written
  const sticks = (options.onSticks ?? []).map(id => ({ ...STICK, id }))
  const record = inMemory && { ...inMemory, sticks }
  if (!record) throw new Error('the rig has no installation')
  for (const [from] of edits) if (!used.has(from)) throw new Error(`nothing in the rig says ${from}`)

  const records: TraceRecord[] = []
  const ups: { atUs: number; message: Message }[] = []
  const key = fromHex(loaded.testKeys.smso)
  const [[apn, ip] = ['', '']] = Object.entries(record.sim.addresses)
  const sims = new SimPlatform({
    plans: {
      [record.sim.plan]: [apn],
      'newcastle-only': ['newcastle'],
      'newcastle-and-elster': ['newcastle', 'elster'],
    },
    allocate: () => '10.30.0.1',
  })
  for (const sim of options.memory?.sims ?? [record.sim]) sims.add({ ...sim })
  const gateway = new PacketGateway({
    sims,
    outlet: {
      up: (_, octets) => {
        const decoded = decodeMessage(octets)
        if (verifyMessage(decoded, key)) ups.push({ atUs: installation.kernel.nowUs(), message: decoded.message })
      },
      session: () => {},
    },
  })
  const startUnixMs = options.startUnixMs ?? loaded.startsAtUnixMs
  const ownTime = kernelOf({ record, seed, startUnixMs }, options.memory?.home)
  const installation = new Installation({
    record,
    seed,
    startUnixMs,
    kernel: ownTime,
    bench: options.onSticks && rcpBench(ownTime, options.onSticks, options.onCapture),
    gateway,
    sink: traced => keep(traced.event) && records.push(traced),
    apn,
    operators: { [apn]: 'smso', elster: 's1sp' },
    smsoKey: key,
    memory: options.memory?.home,
    ...(options.otherKeys && { otherKeys: options.otherKeys }),
    ...(options.asksDco && { asksDco: true }),
    onCapture: options.onCapture,
  })
  const { kernel } = installation
  kernel.after(0, 'power on', () => installation.powerOn())
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  let counter = options.memory?.counter ?? 0

  /** Sends octets down to the hub, inside simulated time. */
  const down = (octets: Uint8Array) => void kernel.after(0, 'down', () => gateway.down(apn, ip, octets))
  /** A request as the SMSO writes it, under its next counter. */
  const letter = (device: string, request: Request): { id: string; octets: Uint8Array } => {
    const id = `t-${++counter}`
    const sentAtMs = kernel.unixMs()
    const message = { id, correlationId: '', originator: 'smso', targetDevice: device, counter, sentAtMs, request }
    return { id, octets: encodeMessage(message, key) }
  }
  const answersTo = (id: string): Response[] =>
    ups.flatMap(({ message: { correlationId, response } }) => (correlationId === id && response ? [response] : []))
  /** Sends a request and returns where its answer will stand. */
  const send = (device: string, request: Request): (() => Response | undefined) => {
    const { id, octets } = letter(device, request)
    down(octets)
    return () => answersTo(id)[0]
  }

  return {
    options,
    installation,
    kernel,
    /** What is there when the process dies now. */
    memory: (): NonNullable<HomeOptions['memory']> => ({ home: installation.memory(), sims: sims.memory(), counter }),
    sims,
    records,
    ups,
    run,
    down,
    letter,
    answersTo,
    send,
    key,
    /** Asks and waits, at most `withinUs` of simulated time; undefined when there was no answer. */
    ask: <K extends RequestKind>(
      kind: K,
      device: string,
      parameters: NonNullable<Request[K]>,
      withinUs = minutes(2),
    ) => {
      const answer = send(device, requestOf(kind, parameters))
      kernel.runUntil(kernel.nowUs() + withinUs, () => answer() !== undefined)
      return answer()
    },
    /** Traced events of one kind, with the time they happened. */
    events: <K extends TraceEvent['kind']>(kind: K) =>
      records.flatMap(({ atUs, part, event }) =>
        event.kind === kind ? [{ atUs, part, ...(event as Extract<TraceEvent, { kind: K }>) }] : [],
      ),
    /** What the hub's device log says of a device. */
    logged: (device: string) => installation.hub.deviceLog.list().find(entry => entry.deviceId === device),
  }
}

export type Home = ReturnType<typeof home>

/** The home in a new process, from what the one that died had kept, as JSON. */
export const restarted = (dead: Home, memory = dead.memory(), changes: HomeOptions = {}): Home =>
  home({ ...dead.options, ...changes, memory: JSON.parse(JSON.stringify(memory)) })

/** A home whose devices have all joined, and whose gas meter has reported. */
export function settledHome(options: HomeOptions = {}): Home {
  const settled = home({ inMemory: true, ...options })
  settled.run(minutes(5))
  settled.records.length = 0
  return settled
}
