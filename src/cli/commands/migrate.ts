/** `s1rig migrate [RIG]`: one migration run, told while it goes on. */
import { Command } from 'commander'
import { UsageError } from '../../base/errors.ts'
import { formatSpan } from '../../base/time.ts'
import { Progress } from '../../evidence/progress.ts'
import type { MigrationRun } from '../../rig/carry-out.ts'
import { chooseClock } from '../../rig/clocks/choose-clock.ts'
import { knownDisasters } from '../../rig/disasters/disasters.ts'
import { knownFaults } from '../../rig/faults/faults.ts'
import { type Prepared, prepare } from '../../rig/prepare.ts'
import { type MigrationReport, runMigration } from '../../rig/run-migration.ts'
import {
  disasterOption,
  faultOption,
  jsonOption,
  loginsOption,
  mqttOption,
  option,
  readLogins,
  rigArgument,
  seedOption,
  settingOption,
  stateOption,
  type TlsOptions,
  tlsOf,
  tlsOptions,
} from '../options.ts'
import { abortOnSignal } from '../signals.ts'
import { waitForCore } from './up.ts'

interface MigrateOptions extends TlsOptions {
  seed: string
  clock?: string
  mqtt?: string
  logins?: string
  fault?: string[]
  disaster?: string[]
  set?: string[]
  out?: string
  state?: string
  driver: string
  json?: boolean
}

export function migrateCommand(): Command {
  const command = new Command('migrate')
    .description('bring a rig up and migrate its installations, step by step')
    .addArgument(rigArgument())
    .addOption(seedOption())
    .addOption(option('--clock <mode>', 'virtual, real or xN; default virtual, real for a rig with real parts'))
    .addOption(mqttOption())
    .addOption(loginsOption())
    .addOption(faultOption())
    .addOption(disasterOption())
    .addOption(settingOption())
    .addOption(option('--out <directory>', 'run folder; default runs/<utc>-<rig>'))
    .addOption(stateOption())
    .addOption(
      option('--driver <who>', 'own: our stand-ins for the parties; none: wait for an outside core')
        .choices(['own', 'none'])
        .default('own'),
    )
    .addOption(jsonOption())
    .addHelpText('after', () => `\n${knownDisasters()}\n\n${knownFaults()}`)
    .action(migrate)
  for (const each of tlsOptions()) command.addOption(each)
  return command
}

async function migrate(rigFile: string, options: MigrateOptions): Promise<void> {
  if (options.driver === 'none') return waitForCore(rigFile, options)
  const prepared = prepare({
    rigFile,
    faults: options.fault ?? [],
    disasters: options.disaster ?? [],
    settings: options.set ?? [],
  })
  const clock = chooseClock(prepared.rig, options.clock, 'virtual')
  const { mqtt, logins, out, state } = options
  const tls = tlsOf(options)
  if (tls && mqtt === undefined) throw new UsageError('certificates are for --mqtt mqtts://…, which is not given')
  const teller = options.json ? jsonTeller() : textTeller(prepared)
  const report = await runMigration({
    prepared,
    seed: options.seed,
    clock,
    broker: {
      ...(mqtt !== undefined && { url: mqtt }),
      ...(tls && { tls }),
      ...(logins !== undefined && { logins: readLogins(logins) }),
    },
    ...(out !== undefined && { out }),
    ...(state !== undefined && { state }),
    listener: teller.listener,
    signal: abortOnSignal(),
  })
  teller.ended(report)
  process.exitCode = report.exitCode
}

/** Tells a run while it goes on, and how it ended. */
interface Teller {
  listener: NonNullable<MigrationRun['listener']>
  ended(report: MigrationReport): void
}

const REFRESH_MS = 250

function textTeller({ rig, group }: Prepared): Teller {
  const closing = [...(group.closing?.migrated ?? []), ...(group.closing?.retained ?? [])]
  const steps = [...group.phases.flatMap(phase => phase.steps), ...group.recovery, ...closing]
  const progress = new Progress(process.stdout, {
    installations: rig.installations.map(({ id }) => id),
    steps: steps.map(({ id, party, title }) => ({ step: id, party, title })),
  })
  const ids = rig.installations.map(({ id }) => id)
  let refresh: NodeJS.Timeout | undefined
  return {
    listener: {
      started: ({ seed, rig, clock, faults, directory, brokerUrl, lives = [] }) => {
        const [first] = lives
        progress.note(`seed ${seed}`)
        if (first && lives.length > 1)
          progress.note(`resumed: life ${lives.length} of a run that began at ${first.startedAt}`)
        progress.note(`rig ${rig.file}, clock ${clock}, broker ${brokerUrl}, run folder ${directory}`)
        for (const fault of faults) progress.note(`fault ${fault}`)
      },
      // Long spells of simulated time have no steps of their own: a person should see that it passes.
      rigUp: control => {
        const times = () => ids.map(id => `${id} ${formatSpan(control.nowUs(id))}`).join('  ')
        refresh = setInterval(() => progress.between(times()), REFRESH_MS).unref()
      },
      note: (installation, text) => progress.note(`${installation}: ${text}`),
      problem: text => console.error(`s1rig: ${text}`),
      stepStarted: step => progress.stepStarted(step),
      stepProgressed: (step, text) => progress.stepProgressed(step, text),
      stepEnded: verdict => progress.stepEnded(verdict),
    },
    ended: report => {
      clearInterval(refresh)
      progress.finish()
      tellText(report)
    },
  }
}

function tellText({ conditions, traceHash, directory, summary, outcome, endedBefore }: MigrationReport): void {
  if (endedBefore !== undefined) console.log(`this run ended at ${endedBefore}; nothing was done again`)
  for (const { installation, id, means, next, attached, plan } of conditions) {
    console.log(`${installation} is left in ${id}: ${means} (hub on ${attached}, plan ${plan})`)
    if (next !== 'nothing') console.log(`${installation} next: ${next}`)
  }
  if (outcome === 'interrupted') console.log('interrupted: what had been judged is in the run folder')
  console.log(`trace ${traceHash}`)
  console.log(`report ${directory}/report.html`)
  console.log(summary)
}

const line = (type: string, body: object): void => console.log(JSON.stringify({ type, ...body }))

function jsonTeller(): Teller {
  return {
    listener: {
      started: facts => line('started', facts),
      problem: text => console.error(`s1rig: ${text}`),
      stepEnded: verdict => line('verdict', verdict),
    },
    ended: ({ conditions, verdicts: _, ...report }) => {
      for (const condition of conditions) line('condition', condition)
      line('ended', report)
    },
  }
}
