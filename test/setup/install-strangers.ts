/**
 * Before the first test: brings the foreign tools the peer tests use, where that is possible (Debian, root, a reachable
 * archive). Elsewhere those tests are skipped with a reason, except with CI=true, where a missing tool is a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { type StrangerName, stranger, strangerNames, strangerPackages } from '../peer/strangers.ts'

export default function installStrangers(): void {
  const wanted = missing()
  if (wanted.length === 0) return
  const trouble = install(packagesOf(wanted))
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

/** Installs Debian packages without asking and without starting their services; what went wrong, if anything. */
function install(packages: string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can install packages'
  if (spawnSync('apt-get', ['--version']).status !== 0) return 'there is no working apt-get here'
  console.error(`strangers: installing ${packages.join(' ')}`)
  return withoutServices(() => {
    if (aptGet('install', '--no-install-recommends', ...packages)) return undefined
    // The usual cause: the archive has moved on since the package lists were fetched, or there are none yet.
    aptGet('update')
    return aptGet('install', '--no-install-recommends', ...packages) ? undefined : 'apt-get could not install them'
  })
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
