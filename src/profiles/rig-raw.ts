/** Ports of a real hub that parties may speak to over the SM WAN: as written, and the rules about them. */
import { z } from 'zod'
import { UsageError } from '../base/errors.ts'
import { parseLabAddress } from '../links/lab-address.ts'
import { valueAt } from './pointer.ts'
import type { InstallationOutline, Report } from './rig-outline.ts'
import { printable, slug } from './scalars.ts'

const port = z.strictObject({
  /** Names it in topics. */
  name: slug,
  /** `tcp://192.168.7.20:4059` or `udp://…`: an address on the lab's network. */
  to: printable(1, 255),
  /** It is a port of this machine, and may be one. */
  loopback: z.boolean().default(false),
})

export const raw = z.array(port).max(4)

/** Each breach of a rule about the raw ports of one installation. */
export function checkRaw(root: unknown, { pointer, devices }: InstallationOutline, report: Report): void {
  const written = valueAt(root, `${pointer}/raw`)
  if (!Array.isArray(written) || written.length === 0) return
  const hub = devices?.find(({ type }) => type?.value === 'CHF')
  if (hub && valueAt(root, `${hub.pointer}/kind`) !== 'real') {
    const hint = 'an emulated hub has no port on the network; say kind: real, or remove `raw`'
    report(`${pointer}/raw`, 'raw-port', 'expected no raw ports of an emulated hub, found some', hint)
  }
  const names = new Set<string>()
  for (const [index, one] of written.entries()) {
    const read = port.safeParse(one)
    if (!read.success) continue
    const at = `${pointer}/raw/${index}`
    const { name, to, loopback } = read.data
    if (names.has(name)) report(`${at}/name`, 'unique', `expected one raw port called "${name}" in an installation`)
    names.add(name)
    const problem = problemOf(to, loopback)
    if (problem) report(`${at}/to`, 'raw-port', problem.message, problem.hint)
  }
}

function problemOf(to: string, mayBeLoopback: boolean): { message: string; hint?: string } | undefined {
  try {
    const { loopback } = parseLabAddress(to)
    if (!loopback || mayBeLoopback) return undefined
    const hint = 'what listens on this machine is seldom a hub; say loopback: true if it is'
    return { message: `expected an address on the lab's network, found ${to} of this machine`, hint }
  } catch (error) {
    if (error instanceof UsageError) return { message: error.message }
    throw error
  }
}
