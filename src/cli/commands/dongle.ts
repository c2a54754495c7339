/** `s1rig dongle [RIG]`: a home's devices on the simulated air, and a coordinator stick that any ZigBee software opens. */
import { once } from 'node:events'
import { join } from 'node:path'
import { Command } from 'commander'
import { pino } from 'pino'
import { fromHex, toHex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { Captures, captureFolder } from '../../evidence/capture-file.ts'
import { openLink } from '../../links/open-link.ts'
import type { NetworkFacts } from '../../ports/network-processor.ts'
import { loadRig } from '../../profiles/load-rig.ts'
import type { Installation, Rig } from '../../profiles/rig.ts'
import { APPLICATIONS, type Application } from '../../profiles/rig-file.ts'
import type { DongleKind } from '../../rig/dongles/dongle.ts'
import { DongleHome } from '../../rig/dongles/dongle-home.ts'
import { DongleState } from '../../rig/dongles/dongle-state.ts'
import { DONGLE_PROTOCOLS, DONGLES, type DongleProtocol } from '../../rig/dongles/dongles.ts'
import { joinedHome, joinedNetwork } from '../../rig/dongles/joined-home.ts'
import { kernelOf } from '../../rig/home.ts'
import { codeOf, HOME_PARTS } from '../../rig/home-record.ts'
import { fileDeps } from '../../rig/prepare.ts'
import { openSqliteStore } from '../../store/sqlite-store.ts'
import { jsonOption, option, rigArgument, seedOption } from '../options.ts'
import { abortOnSignal } from '../signals.ts'
import { clockOf, installationOf, lineOf } from './for-a-host.ts'

/** Between two looks at what has to be kept: a node that is restored leaves out more counters than it uses in that time. */
const KEEP_MS = 250

interface DongleOptions {
  protocol: DongleProtocol
  listen: string
  installation?: string
  application: Application
  seed: string
  clock: string
  out?: string
  joined?: boolean
  state?: string
  json?: boolean
}

export function dongleCommand(): Command {
  return new Command('dongle')
    .description('a home on the air, and a coordinator stick before it for ZigBee software of yours')
    .addArgument(rigArgument())
    .addOption(option('--protocol <protocol>', 'what the stick speaks').choices(DONGLE_PROTOCOLS).makeOptionMandatory())
    .addOption(
      option('--listen <line>', 'where the host finds it: tcp://HOST:PORT, or pty:/PATH').default(
        'tcp://127.0.0.1:6638',
      ),
    )
    .addOption(option('--installation <id>', 'which home, of a rig with several'))
    .addOption(
      option('--application <profile>', 'what the devices speak; Smart Energy is for hosts that bring its keys')
        .choices(APPLICATIONS)
        .default('home-automation'),
    )
    .addOption(seedOption())
    .addOption(
      option('--clock <mode>', 'prompt (answers at once, timers by the wall clock), real or xN').default('prompt'),
    )
    .addOption(
      option('--out <directory>', 'folder for what is on the air, han-<installation>.pcap, and the keys to it'),
    )
    .addOption(
      option(
        '--joined',
        'the devices are on a network already, whose parameters are told, and look for its coordinator',
      ),
    )
    .addOption(option('--state <directory>', 'folder for what stick and devices keep in flash, across restarts'))
    .addOption(jsonOption())
    .action(dongle)
}

async function dongle(rigFile: string, options: DongleOptions): Promise<void> {
  const clock = clockOf(options.clock)
  const kind = DONGLES[options.protocol]
  const rig = loadRig(rigFile, fileDeps)
  const record = homeOf(rig, options)
  refuseStrangeMix(options, kind)
  const listen = lineOf(options.listen)
  const captures = options.out === undefined ? undefined : new Captures(captureFolder(options.out))
  const store = options.state === undefined ? undefined : openSqliteStore(join(options.state, 'state.db'))
  const ends: (() => void)[] = [() => store?.close(), () => captures?.close(), () => clock.stop()]
  try {
    const { protocol, application, seed, joined } = options
    const state = store && new DongleState(store, { rig: rig.name, installation: record.id, protocol, application })
    const startUnixMs = Date.now()
    const signal = abortOnSignal()
    const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }))
    const link = await openLink(listen, { quiet: true, onTrouble: reason => log.warn(reason) })
    ends.push(() => link.close())
    const running = new DongleHome({
      ...{ record, kind, link, clock, seed, startUnixMs },
      kernel: kernelOf({ record, seed, startUnixMs }, { lives: state?.lives ?? 0, nowUs: 0, unixMs: startUnixMs }),
      memory: state?.memory ?? (joined ? joinedHome({ record, kind, seed, startUnixMs }) : undefined),
      sink({ event, part }) {
        if (event.kind === 'han.joined' || event.kind === 'han.left') log.info({ part, ...event })
      },
      onHost: gone => log.info(gone === undefined ? 'a host has opened the line' : `the host has gone: ${gone}`),
      onCapture: captures && (octets => captures.append(record.id, octets)),
    })
    captures?.keysFrom(() => running.home.han.captureKeys())
    if (state) ends.push(keep(state, running))
    running.start()
    tellWhere(record, { ...options, line: link.name.replace(/^tcp-listen:/, 'tcp:'), adapter: kind.adapter })
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    for (const end of ends.toReversed()) end()
  }
}

/** Keeps the state as new as the frames on the air; returns what ends that. */
function keep(state: DongleState, running: DongleHome): () => void {
  const write = () => state.keep(running.memory())
  const timer = setInterval(write, KEEP_MS)
  return () => {
    clearInterval(timer)
    write()
  }
}

/** Coordinators inside sticks know no Smart Energy, and a network that is there from the start is one of home automation. */
function refuseStrangeMix({ application, protocol, joined }: DongleOptions, { coordinator }: DongleKind): void {
  if (application === 'home-automation') return
  if (coordinator === undefined) {
    throw new UsageError(`--application ${application}: a stick of ${protocol} brings no keys for it; spinel expected`)
  }
  if (joined) throw new UsageError(`--joined: for --application home-automation only, found ${application}`)
}

/** Which installation, in the application that is asked for. */
function homeOf(rig: Rig, { installation, application }: DongleOptions): Installation {
  const found = installationOf(rig, installation)
  const { han } = found
  if (han.kind !== 'radio') {
    throw new UsageError(`${found.id}: its HAN is in memory (kind: aps); a stick needs one on the air (kind: radio)`)
  }
  if (found.sticks.length > 0) {
    throw new UsageError(`${found.id}: it has real parts, on real air; a home whose parts are all emulated expected`)
  }
  return { ...found, han: { ...han, application } }
}

interface Where {
  seed: string
  protocol: DongleProtocol
  line: string
  adapter: string
  application: Application
  joined?: boolean
  json?: boolean
}

function tellWhere(record: Installation, where: Where): void {
  const { id, devices } = record
  const { seed, protocol, line, adapter, application, joined = false } = where
  const path = line.replace(/^pty:/, '')
  const network = joined ? joinedNetwork({ record, seed }) : undefined
  const listed = HOME_PARTS.flatMap(part => {
    const device = devices[part]
    return device ? [{ part, device: device.deviceId, installCode: toHex(codeOf(device)) }] : []
  })
  if (where.json) {
    const serial = { port: path, adapter }
    const config = network && configOf(network)
    const facts = { type: 'dongle', seed, protocol, line, serial, installation: id, application, joined }
    console.log(JSON.stringify({ ...facts, ...(config && { network: config }), devices: listed }))
    return
  }
  console.log(`seed ${seed}`)
  console.log(`${protocol} stick on ${line}`)
  console.log(`zigbee-herdsman: serialPort: { path: '${path}', adapter: '${adapter}' }`)
  console.log(`zigbee2mqtt:     serial: { port: ${path}, adapter: ${adapter} }`)
  if (network) {
    const { panId, extendedPanId, channel, networkKey } = configOf(network)
    console.log(`                 advanced: { pan_id: ${panId}, channel: ${channel},`)
    console.log(`                   ext_pan_id: ${JSON.stringify(extendedPanId)},`)
    console.log(`                   network_key: ${JSON.stringify(networkKey)} }`)
  }
  const how = application === 'home-automation' ? 'well-known key; its install code' : 'install code'
  for (const { part, device, installCode } of listed) {
    console.log(`${id}: ${part} ${device} ${joined ? 'has joined' : `waits to join (${how} ${installCode})`}`)
  }
  console.log(joined ? 'up; Ctrl-C stops' : 'permit joining in your software; Ctrl-C stops')
}

/** As hosts write it: octets as numbers. */
const configOf = ({ panId, extendedPanId, channel, networkKey }: NetworkFacts) => ({
  ...{ panId, channel },
  extendedPanId: [...fromHex(extendedPanId)],
  networkKey: [...networkKey.key],
})
