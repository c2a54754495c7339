/** `s1rig dongle [RIG]`: a home's devices on the simulated air, and a coordinator stick that any ZigBee software opens. */
import { once } from 'node:events'
import { Command } from 'commander'
import { pino } from 'pino'
import { toHex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { Captures, captureFolder } from '../../evidence/capture-file.ts'
import { openLink } from '../../links/open-link.ts'
import { loadRig } from '../../profiles/load-rig.ts'
import type { Installation, Rig } from '../../profiles/rig.ts'
import { APPLICATIONS, type Application } from '../../profiles/rig-file.ts'
import { DongleHome } from '../../rig/dongle-home.ts'
import { DONGLE_PROTOCOLS, DONGLES, type DongleProtocol } from '../../rig/dongles/dongles.ts'
import { codeOf, HOME_PARTS } from '../../rig/home.ts'
import { fileDeps } from '../../rig/prepare.ts'
import { PromptRunClock } from '../../rig/prompt-run-clock.ts'
import { parseClock } from '../../rig/run-clock.ts'
import { jsonOption, option, rigArgument, seedOption } from '../options.ts'
import { abortOnSignal } from '../signals.ts'

interface DongleOptions {
  protocol: DongleProtocol
  listen: string
  installation?: string
  application: Application
  seed: string
  clock: string
  out?: string
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
    .addOption(jsonOption())
    .action(dongle)
}

async function dongle(rigFile: string, options: DongleOptions): Promise<void> {
  const clock = clockOf(options.clock)
  const kind = DONGLES[options.protocol]
  const record = installationOf(loadRig(rigFile, fileDeps), options)
  const listen = lineOf(options.listen)
  const captures = options.out === undefined ? undefined : new Captures(captureFolder(options.out))
  const signal = abortOnSignal()
  const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }))
  const link = await openLink(listen, { quiet: true, onTrouble: reason => log.warn(reason) })
  try {
    const running = new DongleHome({
      ...{ record, kind, link, clock },
      seed: options.seed,
      startUnixMs: Date.now(),
      sink({ event, part }) {
        if (event.kind === 'han.joined' || event.kind === 'han.left') log.info({ part, ...event })
      },
      onHost: gone => log.info(gone === undefined ? 'a host has opened the line' : `the host has gone: ${gone}`),
      onCapture: captures && (octets => captures.append(record.id, octets)),
    })
    captures?.keysFrom(() => running.home.han.captureKeys())
    running.start()
    tellWhere(record, { ...options, line: link.name.replace(/^tcp-listen:/, 'tcp:'), adapter: kind.adapter })
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    clock.stop()
    link.close()
    captures?.close()
  }
}

function clockOf(text: string) {
  const clock = text === 'prompt' ? new PromptRunClock() : parseClock(text)
  if (clock && clock.mode !== 'virtual') return clock
  throw new UsageError(`clock "${text}": prompt, real or xN (such as x60) expected`)
}

/** Which installation, in the application that is asked for. */
function installationOf({ installations }: Rig, { installation: id, application }: DongleOptions): Installation {
  const ids = installations.map(one => one.id).join(', ')
  const [only] = installations.length === 1 ? installations : []
  const found = id === undefined ? only : installations.find(one => one.id === id)
  if (!found) {
    throw new UsageError(
      id === undefined
        ? `the rig has several installations: --installation with one of ${ids} expected`
        : `installation "${id}": one of ${ids} expected`,
    )
  }
  const { han } = found
  if (han.kind !== 'radio') {
    throw new UsageError(`${found.id}: its HAN is in memory (kind: aps); a stick needs one on the air (kind: radio)`)
  }
  return { ...found, han: { ...han, application } }
}

/** A host connects to us, whatever the line; `tcp://` is how it names it too. */
function lineOf(text: string): string {
  if (text.startsWith('tcp://')) return text.replace('tcp://', 'tcp-listen://')
  if (text.startsWith('pty:') || text.startsWith('tcp-listen://')) return text
  throw new UsageError(`--listen "${text}": tcp://HOST:PORT or pty:/PATH expected`)
}

function tellWhere(
  { id, devices }: Installation,
  where: { seed: string; protocol: string; line: string; adapter: string; application: string; json?: boolean },
): void {
  const { seed, protocol, line, adapter, application } = where
  const path = line.replace(/^pty:/, '')
  const waiting = HOME_PARTS.flatMap(part => {
    const device = devices[part]
    return device ? [{ part, device: device.deviceId, installCode: toHex(codeOf(device)) }] : []
  })
  if (where.json) {
    const serial = { port: path, adapter }
    console.log(
      JSON.stringify({ type: 'dongle', seed, protocol, line, serial, installation: id, application, waiting }),
    )
    return
  }
  console.log(`seed ${seed}`)
  console.log(`${protocol} stick on ${line}`)
  console.log(`zigbee-herdsman: serialPort: { path: '${path}', adapter: '${adapter}' }`)
  console.log(`zigbee2mqtt:     serial: { port: ${path}, adapter: ${adapter} }`)
  for (const { part, device, installCode } of waiting) {
    console.log(`${id}: ${part} ${device} waits to join (${keyOf(application)}install code ${installCode})`)
  }
  console.log('permit joining in your software; Ctrl-C stops')
}

const keyOf = (application: string): string => (application === 'home-automation' ? 'well-known key; its ' : '')
