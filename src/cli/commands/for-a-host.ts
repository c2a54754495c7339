/** What commands share that play a device for a foreign host. */
import { UsageError } from '../../base/errors.ts'
import type { Installation, Rig } from '../../profiles/rig.ts'
import { PromptRunClock } from '../../rig/clocks/prompt-run-clock.ts'
import { parseClock } from '../../rig/clocks/run-clock.ts'

/** @throws UsageError for what is no clock a host can live by */
export function clockOf(text: string) {
  const clock = text === 'prompt' ? new PromptRunClock() : parseClock(text)
  if (clock && clock.mode !== 'virtual') return clock
  throw new UsageError(`clock "${text}": prompt, real or xN (such as x60) expected`)
}

/** The one that is named, or the only one. @throws UsageError */
export function installationOf({ installations }: Rig, id: string | undefined): Installation {
  const ids = installations.map(one => one.id).join(', ')
  const [only] = installations.length === 1 ? installations : []
  const found = id === undefined ? only : installations.find(one => one.id === id)
  if (found) return found
  throw new UsageError(
    id === undefined
      ? `the rig has several installations: --installation with one of ${ids} expected`
      : `installation "${id}": one of ${ids} expected`,
  )
}

/** A host connects to us, whatever the line; `tcp://` is how it names it too. @throws UsageError */
export function lineOf(text: string): string {
  if (text.startsWith('tcp://')) return text.replace('tcp://', 'tcp-listen://')
  if (text.startsWith('pty:') || text.startsWith('tcp-listen://')) return text
  throw new UsageError(`--listen "${text}": tcp://HOST:PORT or pty:/PATH expected`)
}
