/** `s1rig validate FILE…`: every problem of every file at once. */
import { basename } from 'node:path'
import { Command } from 'commander'
import { formatProblem } from '../../base/errors.ts'
import { diskPieces } from '../../firmware/disk-pieces.ts'
import { FIRMWARE_IMAGES_KIND } from '../../firmware/repository/index-file.ts'
import { loadRepository } from '../../firmware/repository/load-repository.ts'
import { GROUP_SCHEMA_ID } from '../../migration/group.ts'
import { resolveGroup } from '../../migration/load-group.ts'
import { RIG_KIND } from '../../profiles/rig-file.ts'
import { type KindCheck, validateFiles } from '../../profiles/validate-files.ts'
import { DISASTER_KIND } from '../../rig/disasters/disaster.ts'
import { checkDisaster, fileDeps, groupFiles, prepare } from '../../rig/prepare.ts'
import { EXIT } from '../exit.ts'
import { jsonOption } from '../options.ts'

export function validateCommand(): Command {
  return new Command('validate')
    .description('check rigs, firmware-profiles, shapes, image indexes, Group files and disasters')
    .argument('<file...>', 'files to check')
    .addOption(jsonOption())
    .action((files: string[], options: { json?: boolean }) => {
      const kinds: Readonly<Record<string, KindCheck>> = {
        [GROUP_SCHEMA_ID]: checkGroup,
        [DISASTER_KIND]: quietly(checkDisaster),
        [FIRMWARE_IMAGES_KIND]: quietly(file =>
          loadRepository(file, { ...fileDeps, pieces: diskPieces }, { examine: true }),
        ),
        // A rig must also fit the Group it names.
        [RIG_KIND]: quietly(rigFile => prepare({ rigFile })),
      }
      const results = validateFiles(files, { ...fileDeps, kinds })
      const bad = results.filter(({ problems }) => problems.length > 0).length
      for (const result of results) {
        if (options.json) console.log(JSON.stringify(result))
        else if (result.problems.length === 0)
          console.log(`${result.file}: good ${result.kind}${result.says ? `: ${result.says}` : ''}`)
        else for (const problem of result.problems) console.log(formatProblem(problem))
      }
      if (!options.json) console.log(`${results.length - bad} good, ${bad} bad`)
      if (bad > 0) process.exitCode = EXIT.usage
    })
}

const quietly =
  (check: (file: string, text: string) => unknown): KindCheck =>
  (file, text) => {
    check(file, text)
    return undefined
  }

/** What a Group that extends others is in the end. */
function checkGroup(file: string, text: string): string | undefined {
  const { group, bases } = resolveGroup(file, text, groupFiles)
  if (bases.length === 0) return undefined
  const steps = group.phases.flatMap(phase => phase.steps).length
  const counts = `${group.phases.length} phases of ${steps} steps, ${group.conditions.length} conditions`
  return `Group ${group.id}, with ${bases.map(({ path }) => basename(path)).join(', ')}: ${counts}`
}
