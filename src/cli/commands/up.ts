/** `s1rig up [RIG]`: the rig as a daemon. It runs until a signal, for an outside core to drive. */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Command, Option } from 'commander'
import { pino } from 'pino'
import { UsageError } from '../../base/errors.ts'
import { Captures, captureFolder } from '../../evidence/capture-file.ts'
import type { Rig as RigRecord } from '../../profiles/rig.ts'
import { type BrokerChoice, type ChosenBroker, chooseBroker } from '../../rig/broker-choice.ts'
import { chooseClock } from '../../rig/clocks/choose-clock.ts'
import { type Fault, knownFaults, parseFault } from '../../rig/faults/faults.ts'
import { faultContext, type Prepared, prepare } from '../../rig/prepare.ts'
import { Rig } from '../../rig/rig.ts'
import { identityOf } from '../../rig/state/identity.ts'
import { keptInForce } from '../../rig/state/kept-rig.ts'
import { type Life, RigState } from '../../rig/state/rig-state.ts'
import { checkExposure, isInsecure, parseListen } from '../../wan/broker/exposure.ts'
import { downTopic } from '../../wan/topics.ts'
import {
  faultOption,
  flagOf,
  jsonOption,
  loginsOption,
  mqttOption,
  option,
  readLogins,
  readOrMakeLogins,
  rigArgument,
  seedOption,
  stateOption,
  type TlsOptions,
  tlsOf,
  tlsOptions,
  wholeNumber,
} from '../options.ts'
import { abortOnSignal } from '../signals.ts'

/** Where the passwords of our own broker are kept between runs. */
const LOGINS_FILE = '.s1rig/logins.json'

export interface UpOptions extends TlsOptions {
  seed: string
  clock?: string
  mqtt?: string
  mqttPort?: number
  mqttListen?: string
  insecureLab?: boolean
  logins?: string
  fault?: string[]
  capture?: string
  state?: string
  json?: boolean
}

export function upCommand(): Command {
  const command = new Command('up')
    .description('bring a rig up and keep it running until a signal')
    .addArgument(rigArgument())
    .addOption(seedOption())
    .addOption(option('--clock <mode>', 'real or xN; default real'))
    .addOption(mqttOption())
    .addOption(
      option('--mqtt-port <port>', 'port of our own broker on loopback; default: any').argParser(
        wholeNumber(0, 65_535),
      ),
    )
    .addOption(
      option(
        '--mqtt-listen <host:port>',
        'where our own broker listens for other machines: over TLS, with --mqtt-cert',
      ),
    )
    .addOption(new Option('--insecure-lab', 'lets our own broker listen for other machines in the clear'))
    .addOption(loginsOption())
    .addOption(faultOption())
    .addOption(stateOption())
    .addOption(
      option(
        '--capture <directory>',
        'folder for what is on the air, han-<installation>.pcap, and the test keys to it',
      ),
    )
    .addOption(jsonOption())
    .addHelpText('after', `\n${knownFaults()}`)
    .action((rigFile: string, options: UpOptions) => up(rigFile, options))
  for (const each of tlsOptions()) command.addOption(each)
  return command
}

/** `s1rig migrate --driver none`: the same rig, waiting. */
export function waitForCore(rigFile: string, options: UpOptions): Promise<void> {
  const { clock: _, ...others } = options
  return up(rigFile, options.clock === 'virtual' ? others : options)
}

/** Something that stands beside a rig that is up, at its broker; resolves to what ends it. */
export type Beside = (at: ChosenBroker) => Promise<() => Promise<void>>

/** Brings a rig up, and what stands beside it, until a signal. */
export function upBeside(rigFile: string, options: UpOptions, beside: Beside): Promise<void> {
  return up(rigFile, options, beside)
}

async function up(rigFile: string, options: UpOptions, beside?: Beside): Promise<void> {
  if (options.clock === 'virtual') {
    throw new UsageError('clock virtual: nobody says when time may pass; use real or xN with `up`')
  }
  const prepared = prepare({ rigFile, faults: options.fault ?? [] })
  const clock = chooseClock(prepared.rig, options.clock, 'real')
  const { choice, loginsFile } = brokerChoice(options)
  const captures = options.capture === undefined ? undefined : new Captures(captureFolder(options.capture))
  const signal = abortOnSignal()
  const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }))
  const onOversized = (topic: string, octets: number) => log.warn(`${topic}: ${octets} octets are too many; dropped`)
  const { rig: record, group } = prepared
  const state = options.state === undefined ? undefined : openState(options.state, { rig: record, seed: options.seed })
  const ends: (() => unknown)[] = [() => state?.close(), () => captures?.close()]
  try {
    const keeping = state && { onAccepting: state.mail.announce.bind(state.mail) }
    const chosen = await chooseBroker({ ...choice, onOversized, ...keeping }, group.apns)
    ends.push(() => chosen.close())
    const login = chosen.login('gateway')
    const rig = new Rig({
      ...{ record, group, seed: options.seed, clock, broker: chosen.broker },
      ...(login && { login }),
      driven: false,
      faults: prepared.faults,
      endedFaults: state ? endedFaults(state, prepared) : [],
      startUnixMs: Date.now(),
      name: `${record.name}-${state?.name ?? randomBytes(3).toString('hex')}`,
      sink: ({ event, ...where }) => {
        if (event.kind.startsWith('wan.') || event.kind.startsWith('csp.') || event.kind.startsWith('fault.')) {
          log.info({ ...where, ...event })
        }
      },
      restartBroker: chosen.restart && (() => void chosen.restart?.()),
      onCapture: captures && ((installation, octets) => captures.append(installation, octets)),
      state,
      onProblem: text => log.warn(text),
    })
    ends.push(() => rig.stop())
    captures?.keysFrom(() => rig.captureKeys())
    await rig.start()
    state?.watch(record.installations.map(({ id }) => id))
    tellWhere(rig, {
      ...options,
      before: group.apns.before,
      url: chosen.broker.url,
      ...(chosen.outsideUrl !== undefined && { outsideUrl: chosen.outsideUrl }),
      insecure: choice.outside !== undefined && isInsecure(choice.outside),
      ...(loginsFile !== undefined && { loginsFile }),
      ...(state && { lives: state.lives }),
    })
    if (beside) ends.push(await beside(chosen))
    for (const { id } of rig.installations) {
      rig.precede(id).catch(error => {
        if (!signal.aborted) log.error(error)
      })
    }
    if (!signal.aborted) await Promise.race([once(signal, 'abort'), state?.failure].filter(one => one !== undefined))
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

/** @throws UsageError when it is of another rig, newer, damaged, in use, or cannot be written */
function openState(directory: string, who: { rig: RigRecord; seed: string }): RigState {
  return new RigState(directory, identityOf('up', who), new Date().toISOString())
}

/** Faults that were in force when the rig was last up, and are not named any more. */
function endedFaults(state: RigState, { rig, group, faults }: Prepared): Fault[] {
  const before = keptInForce(
    state,
    rig.installations.map(({ id }) => id),
  )
  return before
    .filter(text => faults.every(fault => fault.text !== text))
    .map(text => parseFault(text, faultContext(group)))
}

function brokerChoice(options: UpOptions): { choice: BrokerChoice; loginsFile?: string } {
  const { mqtt, mqttPort, mqttListen, logins } = options
  const tls = tlsOf(options)
  if (mqtt !== undefined) {
    if (mqttPort !== undefined)
      throw new UsageError('--mqtt-port is for our own broker; with --mqtt the URL names the port')
    if (mqttListen !== undefined) throw new UsageError('--mqtt-listen is for our own broker; with --mqtt there is none')
    return { choice: { url: mqtt, ...(tls && { tls }), ...(logins !== undefined && { logins: readLogins(logins) }) } }
  }
  const outside = mqttListen === undefined ? undefined : { ...parseListen(mqttListen), ...(tls && { tls }) }
  if (outside) checkExposure(outside, options.insecureLab ?? flagOf('S1RIG_INSECURE_LAB', process.env))
  else if (tls) throw new UsageError('certificates are for --mqtt mqtts://… or --mqtt-listen; neither is given')
  const loginsFile = logins ?? LOGINS_FILE
  const made = readOrMakeLogins(loginsFile)
  const choice = {
    logins: made.logins,
    ...(mqttPort !== undefined && { port: mqttPort }),
    ...(outside && { outside }),
  }
  return { choice, loginsFile }
}

interface Where {
  before: string
  seed: string
  url: string
  outsideUrl?: string
  insecure: boolean
  loginsFile?: string
  lives?: readonly Life[]
  json?: boolean
}

function tellWhere(rig: Rig, where: Where): void {
  const { seed, url, outsideUrl, insecure, loginsFile, before, lives = [] } = where
  const hubs = rig.installations.map(({ id, record: { devices, sim }, hubHere }) => {
    const apn = hubHere?.hub.session.apn ?? before
    const ip = rig.sims.sim(sim.imsi)?.addresses[apn] ?? ''
    return { installation: id, hub: devices.chf.deviceId, topic: downTopic(apn, ip) }
  })
  const [first] = lives
  if (where.json) {
    const facts = { type: 'up', seed, broker: url, outside: outsideUrl, insecure, logins: loginsFile }
    console.log(JSON.stringify({ ...facts, ...(first && { life: lives.length, since: first.startedAt }), hubs }))
    return
  }
  console.log(`seed ${seed}`)
  if (first && lives.length > 1) console.log(`resumed: life ${lives.length} of a rig that began at ${first.startedAt}`)
  console.log(`broker ${url}${loginsFile ? `, passwords in ${loginsFile}` : ''}`)
  if (outsideUrl !== undefined) console.log(`broker ${outsideUrl} for other machines`)
  if (insecure) console.log('INSECURE: other machines read and write in the clear (--insecure-lab)')
  for (const { installation, hub, topic } of hubs) console.log(`${installation}: hub ${hub} at ${topic}`)
  console.log('up; Ctrl-C stops')
}
