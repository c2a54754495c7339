#!/usr/bin/env node
/** The command line: parses, hands on, turns what comes back into output and an exit code. */
import { Command } from 'commander'
import { UsageError } from '../base/errors.ts'
import { packageVersion } from '../rig/prepare.ts'
import { migrateCommand } from './commands/migrate.ts'
import { profileCommand } from './commands/profile.ts'
import { upCommand } from './commands/up.ts'
import { validateCommand } from './commands/validate.ts'
import { EXIT, exitCodeOf, tell } from './exit.ts'

const program = new Command('s1rig')
  .description('Hardware-in-the-loop emulator and edge gateway for SMETS1 installations')
  .version(packageVersion())
  .showHelpAfterError('(s1rig COMMAND --help lists its options)')
  .exitOverride()
  .addCommand(migrateCommand())
  .addCommand(upCommand())
  .addCommand(validateCommand())
  .addCommand(profileCommand())

for (const command of program.commands) command.exitOverride().showHelpAfterError(`(s1rig ${command.name()} --help)`)

/** The oldest Node this runs on; `engines` in package.json says the same. */
const OLDEST_NODE = [22, 18] as const

try {
  checkNode(process.versions.node)
  await program.parseAsync()
} catch (error) {
  tell(error)
  process.exitCode = exitCodeOf(error)
}

// A reader that goes away (| head) is no fault of the run.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.passed)
  throw error
})

function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new UsageError(`Node ${OLDEST_NODE.join('.')} or newer is needed, found ${version}`)
}
