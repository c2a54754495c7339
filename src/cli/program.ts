/** The command line, ready to parse: `main.ts` runs it, tests look at it. */
import { Command } from 'commander'
import { UsageError } from '../base/errors.ts'
import { packageVersion } from '../rig/prepare.ts'
import { cspCommand } from './commands/csp.ts'
import { doctorCommand } from './commands/doctor.ts'
import { dongleCommand } from './commands/dongle.ts'
import { duisCommand } from './commands/duis.ts'
import { firmwareCommand } from './commands/firmware.ts'
import { migrateCommand } from './commands/migrate.ts'
import { modemCommand } from './commands/modem.ts'
import { mosquittoCommand } from './commands/mosquitto.ts'
import { profileCommand } from './commands/profile.ts'
import { replayCommand } from './commands/replay.ts'
import { upCommand } from './commands/up.ts'
import { validateCommand } from './commands/validate.ts'
import { exitCodeOf, tell } from './exit.ts'
import { flagOf } from './options.ts'

/** The oldest Node this runs on; `engines` in package.json says the same. */
const OLDEST_NODE = [22, 18] as const

/** Carries out one command line (`process.argv` without its first two). Sets the exit code; never throws. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  try {
    checkNode(process.versions.node)
    await program().parseAsync(args, { from: 'user' })
  } catch (error) {
    tell(error)
    process.exitCode = exitCodeOf(error)
  }
}

function program(): Command {
  const made = new Command('s1rig')
    .description('Hardware-in-the-loop emulator and edge gateway for SMETS1 installations')
    .version(packageVersion())
    .showHelpAfterError('(s1rig COMMAND --help lists its options)')
    .exitOverride()
    .hook('preAction', (_program, action) => {
      // Commander takes any value of a variable, even 0, as a flag that is set.
      if (flagOf('S1RIG_JSON', process.env)) action.setOptionValueWithSource('json', true, 'env')
    })
    .addCommand(migrateCommand())
    .addCommand(upCommand())
    .addCommand(replayCommand())
    .addCommand(dongleCommand())
    .addCommand(modemCommand())
    .addCommand(cspCommand())
    .addCommand(duisCommand())
    .addCommand(mosquittoCommand())
    .addCommand(validateCommand())
    .addCommand(profileCommand())
    .addCommand(firmwareCommand())
    .addCommand(doctorCommand())
  return throwing(made)
}

/** Throws in place of ending the process, in every command below. */
function throwing(above: Command, path = 's1rig'): Command {
  for (const command of above.commands) {
    const name = `${path} ${command.name()}`
    throwing(command.exitOverride().showHelpAfterError(`(${name} --help)`), name)
  }
  return above
}

function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new UsageError(`Node ${OLDEST_NODE.join('.')} or newer is needed, found ${version}`)
}
