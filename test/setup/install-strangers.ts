/**
 * Before the first test: brings the foreign tools the peer tests use, where that is possible (Debian, root, a reachable
 * archive). Elsewhere those tests are skipped with a reason, except with CI=true, where a missing tool is a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  isAtLeast,
  type StrangerName,
  type StrangerPackage,
  stranger,
  strangerNames,
  strangerPackages,
} from '../peer/strangers.ts'

export default function installStrangers(): void {
  const wanted = missing()
  if (wanted.length === 0) return
  const trouble = install(wanted)
  const absent = missing()
  if (absent.length === 0) return
  const problem = `${absent.join(', ')} missing: ${trouble ?? 'the packages were installed but bring no such program'}`
  const remedy = `install ${packagesOf(absent).join(' ')}`
  if (process.env.CI === 'true') throw new Error(`${problem}; with CI=true peer tests are not skipped: ${remedy}`)
  console.error(`strangers: ${problem}; the tests that use them are skipped; to run them, ${remedy}`)
}

const missing = (): StrangerName[] =>
  strangerNames.filter(name => strangerPackages[name].always && !stranger(name).available)

const packagesOf = (names: StrangerName[]): string[] => [
  ...new Set(names.map(name => strangerPackages[name].debian as string)),
]

/** Installs what brings these tools, without asking and without starting services; what went wrong, if anything. */
function install(names: StrangerName[]): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can install packages'
  if (spawnSync('apt-get', ['--version']).status !== 0) return 'there is no working apt-get here'
  console.error(`strangers: installing ${packagesOf(names).join(' ')}`)
  const fromElsewhere = names.filter(isElsewhere)
  const packages = packagesOf(names.filter(name => !fromElsewhere.includes(name)))
  return withoutServices(() => {
    const failed = [
      ...(packages.length === 0 || installHere(packages) ? [] : packages),
      ...fromElsewhere.filter(name => !installFrom(strangerPackages[name])),
    ]
    return failed.length === 0 ? undefined : `apt-get could not install ${failed.join(' ')}`
  })
}

function installHere(packages: string[]): boolean {
  if (aptGet('install', '--no-install-recommends', ...packages)) return true
  // The usual cause: the archive has moved on since the package lists were fetched, or there are none yet.
  aptGet('update')
  return aptGet('install', '--no-install-recommends', ...packages)
}

/** The Debian release of this machine has it, but too old, or not at all. */
function isElsewhere(name: StrangerName): boolean {
  const { debian, atLeast, from }: StrangerPackage = strangerPackages[name]
  if (!from) return false
  const { stdout } = spawnSync('apt-cache', ['policy', debian], { encoding: 'utf8' })
  const [, candidate = ''] = /Candidate: ([\d.]+)/.exec(stdout) ?? []
  return !isAtLeast(candidate, atLeast)
}

/** One package of another Debian release, with package lists of its own: nothing else of the machine is drawn to that release. */
function installFrom({ debian, from }: StrangerPackage): boolean {
  const archive = ownArchive()
  if (archive === undefined) return false
  const folder = mkdtempSync(join(tmpdir(), 's1rig-apt-'))
  try {
    for (const each of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, each), { recursive: true })
    writeFileSync(join(folder, 'sources.list'), `deb ${archive} ${from} main\n`)
    const elsewhere = [
      `Dir::Etc::sourcelist=${folder}/sources.list`,
      'Dir::Etc::sourceparts=-',
      `Dir::State::lists=${folder}/lists`,
      `Dir::Cache=${folder}/cache`,
      // The folder is root's.
      'APT::Sandbox::User=root',
    ].flatMap(setting => ['-o', setting])
    aptGet(...elsewhere, 'update')
    if (!aptGet(...elsewhere, '--download-only', '--no-install-recommends', 'install', debian)) return false
    const archives = join(folder, 'cache/archives')
    const files = readdirSync(archives).filter(file => file.startsWith(`${debian}_`))
    return files.length > 0 && aptGet('install', ...files.map(file => join(archives, file)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Where this machine has its own release from; the others are beside it. */
function ownArchive(): string | undefined {
  const format = '$(COMPONENT) $(RELEASE) $(REPO_URI)'
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', format], { encoding: 'utf8' })
  // Not updates, security or backports, whose names have a hyphen.
  return /^main [a-z]+ (\S+)$/m.exec(stdout ?? '')?.[1]
}

function aptGet(...rest: string[]): boolean {
  const quietly = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=180', '-o', 'Dpkg::Use-Pty=0']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', [...quietly, ...rest], { stdio: ['ignore', 2, 2], env }).status === 0
}

/** Debian asks this file before a package may start its service; 101 forbids it. A machine's own answer stands. */
const policy = '/usr/sbin/policy-rc.d'

function withoutServices<T>(work: () => T): T {
  if (existsSync(policy)) return work()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    rmSync(policy, { force: true })
  }
}
