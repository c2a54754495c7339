/**
 * A bench of which the hardware is played in this process: meters on an air of their own, in a time of their own, and an RCP
 * among them whose USB cable is a socat that can be pulled.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { parseLinkAddress } from '../../src/links/link-address.ts'
import { tcpListener } from '../../src/links/tcp.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { StepStart } from '../../src/ports/verdict.ts'
import type { Application } from '../../src/profiles/rig-file.ts'
import { BROKER_PATIENCE, Flights } from '../../src/rig/clocks/flights.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import type { Timeline } from '../../src/rig/clocks/run-clock.ts'
import type { DongleKind } from '../../src/rig/dongles/dongle.ts'
import { DongleHome } from '../../src/rig/dongles/dongle-home.ts'
import { HostLine } from '../../src/rig/dongles/host-line.ts'
import { spinel } from '../../src/rig/dongles/spinel.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { KeptProgram } from './kept-program.ts'
import { type Migrated, migrateRig, temporaryFolder } from './migration.ts'

/** What keeps a migration by the wall clock short. */
export const SETTINGS = ['wan.silenceProvenAfterS=1', 'wan.sleeperAnswerWithinS=30']
/** Seed of rig and meters: certificates of both come from one authority. */
export const SEED = 'bench'
const STARTS_AT = '2021-10-13T06:00:00Z'
/** Life of the meters before the rig starts: it has given them half hours to show. */
const LIFE_US = hours(2)

/** The longest the hub waits for the meters of the bench. */
const MOST_LIFE_MIN = 3

/** Quick by nature: everything lasts as long as on a bench, and a test does not. */
const PROFILES = {
  's1ch/2.2.0': `schema: s1rig/firmware-profile/1
device: CHF
extends: honeywell-elster/s1ch/2.1.0
firmware: { version: { value: "2.2.0", source: assumed } }
wan: { attachMs: { value: 200, source: assumed }, detachMs: { value: 100, source: assumed } }
`,
  'bk-g4e/3.1.0': `schema: s1rig/firmware-profile/1
device: GSME
extends: honeywell-elster/bk-g4e/3.0.1
firmware: { version: { value: "3.1.0", source: assumed } }
sleep:
  wakeIntervalMin: { value: 1, source: assumed }
  wakeJitterS: { value: 0, source: assumed }
  stayAwakeMs: { value: 600000, source: assumed }
`,
}

const rigText = (
  settleMin: number,
  hardware: { kind: string; sticks: string; application?: Application },
) => `schema: s1rig/rig/1
name: bench
description: A dual-fuel home.
group: CB
startsAt: ${STARTS_AT}
settleMin: ${settleMin}
testKeys:
  smso: "${'0f'.repeat(32)}"
  s1sp: "${'7a'.repeat(32)}"
installations:
  - id: bench-1
    mpan: "1200012345604"
    mprn: "7412345604"
    supplier: Example Energy
    installationType: active
    han: { panId: "0x1a66", channel: 20, application: ${hardware.application ?? 'smart-energy'} }
    sim:
      imsi: "234100123456785"
      iccid: "8944110012345678905"
      msisdn: "447700900125"
      account: mds-original
      plan: newcastle-only
      addresses: { newcastle: 10.20.0.15 }
    devices:
      - { type: CHF, deviceId: 00-DB-12-34-56-78-90-B1, profile: honeywell-elster/s1ch/2.2.0 }
      - { type: GPF, deviceId: 00-DB-12-34-56-78-90-B2 }
      - type: ESME
        deviceId: 00-DB-12-34-56-78-90-B3
        profile: honeywell-elster/as300p/1.4.2
        installCode: "83fed3407a939723a5c639b26916d505"
        ${hardware.kind}
      - type: GSME
        deviceId: 00-DB-12-34-56-78-90-B4
        profile: honeywell-elster/bk-g4e/3.1.0
        installCode: "1f2e3d4c5b6a79880796a5b4c3d2e1f0"
        ${hardware.kind}
    ${hardware.sticks}
`

function written(folder: string, text: string): string {
  const put = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }
  for (const [id, profile] of Object.entries(PROFILES)) {
    put(join(folder, 'firmware-profiles/honeywell-elster', `${id}.yaml`), profile)
  }
  return put(join(folder, 'rigs/bench.yaml'), text)
}

/** The home with all parts emulated, which lives before the migration as long as the meters of the bench; its file. */
export const emulatedHome = (): string =>
  written(temporaryFolder(), rigText(LIFE_US / minutes(1), { kind: '', sticks: '' }))

/** The home with real meters before a hub on one stick of a driver; nothing is at its line. Its file. */
export const homeOnStick = (driver: string): string =>
  written(
    temporaryFolder(),
    rigText(0, {
      kind: 'kind: real',
      sticks: `sticks: [{ id: stick, driver: ${driver}, link: "tcp://127.0.0.1:1", carries: hub }]`,
    }),
  )

export interface Hardware {
  /** The rig it belongs to. */
  rig: string
  /** Pulls the cable of the hub's stick: the device is gone. */
  pull(): void
  plugIn(): void
}

/**
 * Meters that have lived for a while, a stick for the hub that the system shows as a serial device, and one that listens, over TCP.
 * The gas meter is switched on when the electricity meter has joined: a hub establishes one key at a time.
 */
export async function hardware(): Promise<Hardware> {
  const folder = temporaryFolder()
  const path = join(folder, 'rcp')
  const [link, ear] = await Promise.all([0, 1].map(() => tcpListener({ host: '127.0.0.1', port: 0 })))
  if (!link || !ear) throw new Error('no lines')
  const sticks = `sticks:
      - { id: rcp, driver: spinel, link: "serial:${path}?baud=460800", carries: hub }
      - { id: ear, driver: spinel, link: "tcp://127.0.0.1:${portOf(ear)}", carries: nothing }`
  const rig = written(folder, rigText(MOST_LIFE_MIN, { kind: 'kind: real', sticks }))
  const { meters, clock } = startMeters(rig, spinel, link)
  const stopListening = listenIn(meters, ear, clock)
  const cable = new KeptProgram('socat', [`PTY,link=${path},rawer`, `TCP:127.0.0.1:${portOf(link)},nodelay`])
  onTestFinished(() => {
    cable.kill()
    stopListening()
    meters.stop()
  })
  return { rig, pull: () => cable.kill(), plugIn: () => cable.revive() }
}

/** Meters, without Smart Energy security unless told, and a stick for the hub, over TCP; the file of the rig. */
export async function coordinatorHardware(
  kind: DongleKind,
  application: Application = 'home-automation',
): Promise<string> {
  const link = await tcpListener({ host: '127.0.0.1', port: 0 })
  const sticks = `sticks:
      - { id: stick, driver: ${kind === spinel ? 'spinel' : kind.adapter}, link: "tcp://127.0.0.1:${portOf(link)}", carries: hub }`
  const text = rigText(MOST_LIFE_MIN, { kind: 'kind: real', sticks, application })
  const rig = written(temporaryFolder(), text)
  const { meters } = startMeters(rig, kind, link)
  onTestFinished(() => meters.stop())
  return rig
}

function startMeters(rig: string, kind: DongleKind, link: ByteLink) {
  const [record] = prepare({ rigFile: rig }).rig.installations
  if (!record) throw new Error('no installation')
  const { esme } = record.devices
  const clock = new PacedRunClock(1)
  const meters = new DongleHome({
    ...{ record, kind, link, clock, seed: SEED },
    startUnixMs: Date.now() - LIFE_US / 1_000,
    sink: ({ event }) => {
      if (event.kind === 'han.joined' && event.device === esme.deviceId) devices.gsme?.start()
    },
  })
  const { home } = meters
  const { devices, kernel } = home
  Object.assign(home, { powerOn: () => devices.esme?.start() })
  kernel.runUntil(LIFE_US)
  meters.start()
  return { meters, clock }
}

/** A stick that only listens to the meters; returns what ends it. */
function listenIn({ home }: DongleHome, link: ByteLink, clock: PacedRunClock): () => void {
  const { kernel, han } = home
  const flights = new Flights({ patience: BROKER_PATIENCE })
  const timeline: Timeline = { id: 'ear', kernel, flights, lines: new Map() }
  const line = new HostLine({ link, clock, timeline, part: 'ear', onHost: () => {} })
  new SpinelDongle({
    link: line,
    radio: han.stick('00db12345678ffff'),
    clock: kernel,
    timers: kernel,
    random: kernel.random.stream('rcp'),
  })
  return () => line.close()
}

function portOf({ name }: ByteLink): number {
  const address = parseLinkAddress(name)
  return address.kind === 'tcp-listen' ? address.port : 0
}

/** Migrates a bench whose hub is on a coordinator stick. */
export const migrateOnCoordinator = async (kind: DongleKind): Promise<Migrated> =>
  migrateRig({
    ...{ rig: await coordinatorHardware(kind), settings: SETTINGS, seed: SEED },
    clock: new PacedRunClock(1),
  })

/** Migrates the bench; `onStep` may lay hands on the hardware when a step begins. */
export async function migrateBench(
  onStep: (step: StepStart, hardware: Hardware) => void = () => {},
): Promise<Migrated> {
  const there = await hardware()
  return migrateRig({
    ...{ rig: there.rig, settings: SETTINGS, seed: SEED },
    clock: new PacedRunClock(1),
    listener: { stepStarted: step => onStep(step, there) },
  })
}
