/** `s1rig profile list|show|capture`: which device models there are, what is known of one and from where, and what one says itself. */
import { join } from 'node:path/posix'
import { Command } from 'commander'
import { loadProfile } from '../../profiles/load-profile.ts'
import { valueAt } from '../../profiles/pointer.ts'
import { listProfiles } from '../../profiles/profile-layers.ts'
import { fileDeps } from '../../rig/prepare.ts'
import { jsonOption, option } from '../options.ts'
import { profileCaptureCommand } from './profile-capture.ts'

interface ProfileOptions {
  profiles?: string
  json?: boolean
}

const rootsOption = () =>
  option('--profiles <directory>', 'folder of firmware-profiles to look in first; default ./firmware-profiles')
const rootsOf = ({ profiles = 'firmware-profiles' }: ProfileOptions): string[] => [join(profiles), ...fileDeps.roots]

export function profileCommand(): Command {
  const profile = new Command('profile').description('look at firmware-profiles, or capture one')
  profile
    .command('list')
    .description('the profiles there are')
    .addOption(rootsOption())
    .addOption(jsonOption())
    .action((options: ProfileOptions) => {
      const roots = rootsOf(options)
      const ids = [...new Set(listProfiles(roots, fileDeps.list).map(({ id }) => id))].toSorted()
      const profiles = ids.map(id => loadProfile(id, { ...fileDeps, roots }))
      for (const { id, device, identity, firmware } of profiles) {
        if (options.json) console.log(JSON.stringify({ id, device, ...identity, firmware: firmware.version }))
        else
          console.log(
            `${device.padEnd(6)} ${id.padEnd(40)} ${identity.manufacturerName} ${identity.modelId} ${firmware.version}`,
          )
      }
    })
  profile
    .command('show')
    .description('every fact of one profile, with its source')
    .argument('<id>', 'maker/model/version')
    .addOption(rootsOption())
    .addOption(jsonOption())
    .action((id: string, options: ProfileOptions) => {
      const found = loadProfile(id, { ...fileDeps, roots: rootsOf(options) })
      const facts = Object.entries(found.provenance).map(([pointer, source]) => ({
        fact: pointer.slice(1).replaceAll('/', '.'),
        value: valueAt(found, pointer),
        source,
      }))
      if (options.json) {
        console.log(JSON.stringify({ id, device: found.device, files: found.files.map(({ path }) => path), facts }))
        return
      }
      console.log(`${id}  ${found.device}`)
      const width = Math.max(...facts.map(({ fact }) => fact.length))
      for (const { fact, value, source } of facts) {
        const shown = Array.isArray(value) ? value.join(' ') : String(value)
        console.log(`${fact.padEnd(width)}  ${shown.padEnd(20)}  ${source}`)
      }
    })
  return profile.addCommand(profileCaptureCommand())
}
