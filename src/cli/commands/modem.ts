/** `s1rig modem [RIG]`: the modem of a home's hub, which any software that speaks AT commands opens. */
import { once } from 'node:events'
import { Command } from 'commander'
import { pino } from 'pino'
import { UsageError } from '../../base/errors.ts'
import { openLink } from '../../links/open-link.ts'
import type { Installation } from '../../profiles/rig.ts'
import { ModemHome } from '../../rig/dongles/modem-home.ts'
import type { Fault } from '../../rig/faults/faults.ts'
import { prepare } from '../../rig/prepare.ts'
import { faultOption, jsonOption, option, rigArgument, seedOption } from '../options.ts'
import { abortOnSignal } from '../signals.ts'
import { clockOf, installationOf, lineOf } from './for-a-host.ts'

interface ModemOptions {
  listen: string
  installation?: string
  fault?: string[]
  seed: string
  clock: string
  json?: boolean
}

export function modemCommand(): Command {
  return new Command('modem')
    .description("the modem of a home's hub, for software of yours that speaks AT commands")
    .addArgument(rigArgument())
    .addOption(
      option('--listen <line>', 'where the software finds it: tcp://HOST:PORT, or pty:/PATH').default(
        'tcp://127.0.0.1:6639',
      ),
    )
    .addOption(option('--installation <id>', 'which home, of a rig with several'))
    .addOption(faultOption())
    .addOption(seedOption())
    .addOption(option('--clock <mode>', 'real, xN, or prompt (what follows at once happens at once)').default('real'))
    .addOption(jsonOption())
    .action(modem)
}

async function modem(rigFile: string, options: ModemOptions): Promise<void> {
  const clock = clockOf(options.clock)
  const { rig, group, faults } = prepare({ rigFile, faults: options.fault ?? [] })
  const ofLine = faultsOfLine(faults, options.fault ?? [])
  const record = installationOf(rig, options.installation)
  const listen = lineOf(options.listen)
  const signal = abortOnSignal()
  const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }))
  const link = await openLink(listen, { quiet: true, onTrouble: reason => log.warn(reason) })
  const running = new ModemHome({
    ...{ record, group, faults: ofLine, link, clock },
    seed: options.seed,
    startUnixMs: Date.now(),
    sink: ({ event, part }) => log.info({ part, ...event }),
    onHost: gone => log.info(gone === undefined ? 'software has opened the line' : `the software has gone: ${gone}`),
  })
  try {
    running.start()
    tellWhere(record, { ...options, line: link.name.replace(/^tcp-listen:/, 'tcp:') })
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    running.stop()
  }
}

/** The faults of a rig as far as they are about the line; one that is asked for must be. @throws UsageError */
function faultsOfLine(faults: readonly Fault[], asked: readonly string[]): readonly Fault[] {
  const strange = faults.find(({ text, onLine }) => asked.includes(text) && !onLine)
  if (!strange) return faults.filter(({ onLine }) => onLine)
  throw new UsageError(`fault ${strange.text}: of the hub's line expected: hub.wan, sim.plan or sim.state`)
}

function tellWhere({ id, sim }: Installation, where: { seed: string; line: string; json?: boolean }): void {
  const { seed, line } = where
  const { imsi, iccid, msisdn, plan, addresses } = sim
  const [apn = ''] = Object.keys(addresses)
  if (where.json) {
    console.log(JSON.stringify({ type: 'modem', seed, line, installation: id, imsi, iccid, msisdn, plan, addresses }))
    return
  }
  console.log(`seed ${seed}`)
  console.log(`modem of ${id} on ${line}`)
  console.log(`SIM: IMSI ${imsi}, ICCID ${iccid}, number +${msisdn}, plan ${plan}`)
  console.log(`try: ${tryWith(line)}`)
  console.log(`then type: ATI   AT+CREG?   AT+CGDCONT=1,"IP","${apn}"   AT+CGACT=1,1   AT+CGPADDR=1`)
  console.log('Ctrl-C stops')
}

function tryWith(line: string): string {
  const [, host, port] = /^tcp:\/\/(.*):(\d+)$/.exec(line) ?? []
  return host === undefined ? `picocom ${line.replace(/^pty:/, '')}` : `nc -C ${host} ${port}`
}
