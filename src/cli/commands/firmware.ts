/** `s1rig firmware inspect|build|verify FILE`: firmware images, from disk to disk without ever being in memory as a whole. */
import { Command } from 'commander'
import { firmwareBuildCommand } from './firmware-build.ts'
import { firmwareInspectCommand } from './firmware-inspect.ts'
import { firmwareVerifyCommand } from './firmware-verify.ts'

export function firmwareCommand(): Command {
  return new Command('firmware')
    .description('look at firmware images, prove them, or build one')
    .addCommand(firmwareInspectCommand())
    .addCommand(firmwareVerifyCommand())
    .addCommand(firmwareBuildCommand())
}
