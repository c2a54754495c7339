/** `s1rig doctor RIG`: is every real part of a rig there, and what is to be done if not. */
import { Command } from 'commander'
import { examine, type Finding } from '../../rig/doctor/examine.ts'
import { prepare } from '../../rig/prepare.ts'
import { EXIT } from '../exit.ts'
import { jsonOption, rigArgument } from '../options.ts'

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look whether the real parts of a rig are there, and say what to do about those that are not')
    .addArgument(rigArgument())
    .addOption(jsonOption())
    .action(doctor)
}

async function doctor(rigFile: string, { json }: { json?: boolean }): Promise<void> {
  const { rig } = prepare({ rigFile })
  const findings = await examine(rig)
  const absent = findings.filter(({ verdict }) => verdict === 'absent').length
  const there = findings.length - absent
  if (json) {
    for (const finding of findings) console.log(JSON.stringify({ type: 'part', ...finding }))
    console.log(JSON.stringify({ type: 'ended', there, absent }))
  } else if (findings.length === 0) console.log(`${rig.name} has no real parts: nothing to look for`)
  else {
    for (const line of table(findings)) console.log(line)
    console.log(`${there} there, ${absent} absent`)
  }
  if (absent > 0) process.exitCode = EXIT.nothingRan
}

/** A line for each part, one more for what it is, one for what to do. */
function table(findings: readonly Finding[]): string[] {
  const names = findings.map(({ installation, part }) => `${installation} ${part}`)
  const width = Math.max(...names.map(({ length }) => length))
  const verdictWidth = Math.max(...findings.map(({ verdict }) => verdict.length))
  const margin = ' '.repeat(width + 2)
  return findings.flatMap(({ what, verdict, found, todo }, index) => [
    `${(names[index] ?? '').padEnd(width)}  ${verdict.padEnd(verdictWidth)}  ${found}`,
    `${margin}${what}`,
    ...(todo === undefined ? [] : [`${margin}-> ${todo}`]),
  ])
}
