/** `s1rig validate FILE…`: every problem of every file at once. */
import { Command } from 'commander'
import { formatProblem } from '../../base/errors.ts'
import { diskPieces } from '../../firmware/disk-pieces.ts'
import { FIRMWARE_IMAGES_KIND } from '../../firmware/repository/index-file.ts'
import { loadRepository } from '../../firmware/repository/load-repository.ts'
import { GROUP_SCHEMA_ID, loadGroup } from '../../migration/group.ts'
import { RIG_KIND } from '../../profiles/rig-file.ts'
import { validateFiles } from '../../profiles/validate-files.ts'
import { DISASTER_KIND } from '../../rig/disasters/disaster.ts'
import { checkDisaster, fileDeps, prepare } from '../../rig/prepare.ts'
import { EXIT } from '../exit.ts'
import { jsonOption } from '../options.ts'

export function validateCommand(): Command {
  return new Command('validate')
    .description('check rigs, firmware-profiles, shapes, image indexes, Group files and disasters')
    .argument('<file...>', 'files to check')
    .addOption(jsonOption())
    .action((files: string[], options: { json?: boolean }) => {
      const kinds = {
        [GROUP_SCHEMA_ID]: (file: string, text: string) => void loadGroup(file, text),
        [DISASTER_KIND]: checkDisaster,
        [FIRMWARE_IMAGES_KIND]: (file: string) =>
          void loadRepository(file, { ...fileDeps, pieces: diskPieces }, { examine: true }),
        // A rig must also fit the Group it names.
        [RIG_KIND]: (rigFile: string) => void prepare({ rigFile }),
      }
      const results = validateFiles(files, { ...fileDeps, kinds })
      const bad = results.filter(({ problems }) => problems.length > 0).length
      for (const result of results) {
        if (options.json) console.log(JSON.stringify(result))
        else if (result.problems.length === 0) console.log(`${result.file}: good ${result.kind}`)
        else for (const problem of result.problems) console.log(formatProblem(problem))
      }
      if (!options.json) console.log(`${results.length - bad} good, ${bad} bad`)
      if (bad > 0) process.exitCode = EXIT.usage
    })
}
