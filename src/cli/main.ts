#!/usr/bin/env node
/** The command line: parses, hands on, turns what comes back into output and an exit code. */
import { Command } from 'commander'
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

try {
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
