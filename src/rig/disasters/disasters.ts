/** The disasters there are: those that come with the package by name, others by file. */
import { fileURLToPath } from 'node:url'
import { didYouMean, UsageError } from '../../base/errors.ts'
import { readYamlFile, type UsedFile } from '../../profiles/files.ts'
import { loadYaml } from '../../profiles/located-yaml.ts'
import { diskFiles } from '../../profiles/read-text.ts'
import type { FaultContext } from '../faults/fault-kind.ts'
import type { Fault } from '../faults/faults.ts'
import { type Disaster, disasterSchema, faultsOf, loadDisaster } from './disaster.ts'

const packageDisasters = fileURLToPath(new URL('../../../disasters', import.meta.url))

/** One disaster as a run is given it. */
export interface PreparedDisaster {
  disaster: Disaster
  file: UsedFile
  /** Homes it is for; empty for all. */
  only: readonly string[]
  faults: readonly Fault[]
}

/** Names of those that come with the package. */
const names = (): string[] => diskFiles.list(packageDisasters).flatMap(path => /^([^/]+)\.yaml$/.exec(path)?.[1] ?? [])

/**
 * Reads `NAME|FILE[,only:INSTALLATION]…`; a FILE ends in .yaml.
 * @throws UsageError for a name there is none of, FileError for a bad file
 */
export function prepareDisaster(written: string, context: FaultContext): PreparedDisaster {
  const [name = '', ...options] = written.split(',')
  const only = options.map(option => {
    const [, id] = /^only:([a-z0-9-]+)$/.exec(option) ?? []
    if (id === undefined) throw new UsageError(`disaster ${name}: no option "${option}"; only:INSTALLATION expected`)
    return id
  })
  const path = name.endsWith('.yaml') ? name : `${packageDisasters}/${name}.yaml`
  if (path !== name && !names().includes(name)) {
    const near = didYouMean(name, names())
    throw new UsageError(`no disaster "${name}"${near ? `; did you mean "${near}"?` : ''}\n${knownDisasters()}`)
  }
  const { text } = readYamlFile(path, diskFiles.read)
  const disaster = loadDisaster(path, text, context)
  return { disaster, file: { path, text }, only, faults: faultsOf(disaster, only, context) }
}

/** The disasters there are, a line each. */
export function knownDisasters(): string {
  const all = names().map(name => {
    const path = `${packageDisasters}/${name}.yaml`
    return { name, title: loadYaml(path, readYamlFile(path, diskFiles.read).text, disasterSchema).title }
  })
  const width = Math.max(...all.map(({ name }) => name.length))
  return ['disasters:', ...all.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`)].join('\n')
}
