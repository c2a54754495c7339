/** `s1rig profile capture RIG`: a firmware-profile of what a device says of itself and does. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { Command } from 'commander'
import { UsageError } from '../../base/errors.ts'
import { minutes } from '../../base/time.ts'
import { guarded } from '../../evidence/writing.ts'
import { captureProfile, SilentDeviceError } from '../../rig/capture/capture-profile.ts'
import type { CapturedProfile } from '../../rig/capture/captured-profile.ts'
import { chooseClock } from '../../rig/clocks/choose-clock.ts'
import { prepare } from '../../rig/prepare.ts'
import { EXIT } from '../exit.ts'
import { faultOption, jsonOption, option, rigArgument, seedOption, wholeNumber } from '../options.ts'
import { abortOnSignal } from '../signals.ts'

interface CaptureOptions {
  device: string
  installation?: string
  out?: string
  within: number
  watch?: number
  seed: string
  clock?: string
  fault?: string[]
  json?: boolean
}

/** Minutes that a sleeper is watched where they cost nothing. */
const WATCH_MIN = 180

export function profileCaptureCommand(): Command {
  return new Command('capture')
    .description('interview a device of a rig, and write the firmware-profile of what it says and does')
    .addArgument(rigArgument())
    .addOption(option('--device <part>', 'esme, gsme, ppmid, ihd or cad').makeOptionMandatory())
    .addOption(option('--installation <id>', 'which one, where the rig has several'))
    .addOption(option('--out <directory>', 'folder of firmware-profiles to write it into; default: to stdout'))
    .addOption(
      option('--within <minutes>', 'how long it may take to join, and a sleeper to wake')
        .argParser(wholeNumber(1, 1_440))
        .default(60),
    )
    .addOption(
      option(
        '--watch <minutes>',
        `how long the wake-ups of a sleeper are watched; default ${WATCH_MIN}, by the wall clock 0: not at all`,
      ).argParser(wholeNumber(0, 10_080)),
    )
    .addOption(seedOption())
    .addOption(option('--clock <mode>', 'virtual, real or xN; real where the rig has real parts'))
    .addOption(faultOption())
    .addOption(jsonOption())
    .action(capture)
}

async function capture(rigFile: string, options: CaptureOptions): Promise<void> {
  const { device, installation, out, seed, json } = options
  const problem = (text: string) => console.error(`s1rig: ${text}`)
  const prepared = prepare({ rigFile, faults: options.fault ?? [] })
  const clock = chooseClock(prepared.rig, options.clock, 'virtual')
  const watchMin = options.watch ?? (clock.mode === 'virtual' ? WATCH_MIN : 0)
  try {
    const captured = await captureProfile({
      ...{ prepared, clock, seed, device, onProblem: problem, signal: abortOnSignal() },
      ...(installation !== undefined && { installation }),
      ...{ withinUs: minutes(options.within), watchUs: minutes(watchMin) },
    })
    const file = out === undefined ? undefined : write(out, captured)
    for (const missing of captured.missing) problem(`not captured: ${missing}`)
    if (json) console.log(JSON.stringify({ type: 'captured', ...captured, file }))
    else console.log(file ?? captured.text.trimEnd())
  } catch (error) {
    if (!(error instanceof SilentDeviceError)) throw error
    problem(error.message)
    process.exitCode = EXIT.nothingRan
  }
}

/** Where its id says; nothing is overwritten. */
function write(root: string, { id, text }: CapturedProfile): string {
  const file = join(root, `${id}.yaml`)
  if (existsSync(file)) throw new UsageError(`${file} is there already; choose another directory`)
  guarded(dirname(file), path => mkdirSync(path, { recursive: true }))
  guarded(file, path => writeFileSync(path, text))
  return file
}
