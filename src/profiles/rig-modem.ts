/** The real modem of a home whose hub is emulated: as written, and the rules about it. */
import { z } from 'zod'
import { valueAt } from './pointer.ts'
import { readLine } from './rig-lines.ts'
import type { InstallationOutline, Report } from './rig-outline.ts'
import { printable } from './scalars.ts'

export const modem = z.strictObject({
  kind: z.literal('real').default('real'),
  /** Where it is plugged in: `serial:/dev/serial/by-id/…?baud=115200`, `tcp://…`, `pty:…`. */
  link: printable(1, 255),
})

/** Each breach of a rule about the modem of one installation. */
export function checkModem(root: unknown, { pointer, devices }: InstallationOutline, report: Report): void {
  const at = `${pointer}/modem`
  const link = linkOf(root, pointer)
  const line = link === undefined ? undefined : readLine(link)
  if (typeof line === 'string') report(`${at}/link`, 'modem', line)
  const hub = devices?.find(({ type }) => type?.value === 'CHF')
  if (valueAt(root, at) === undefined || !hub || valueAt(root, `${hub.pointer}/kind`) !== 'real') return
  report(
    at,
    'modem',
    'expected no modem for a real hub, found one',
    'a real hub has a modem of its own; remove `modem`',
  )
}

/** Where it is plugged in; undefined where that does not read well. */
export const linkOf = (root: unknown, installation: string): string | undefined =>
  modem.safeParse(valueAt(root, `${installation}/modem`)).data?.link
