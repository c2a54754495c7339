/** What the doctor saw of one part, in words. */
import { UsageError } from '../../base/errors.ts'
import { parseLinkAddress } from '../../links/link-address.ts'
import { remedyFor } from './remedies.ts'

export interface Seen {
  verdict: 'there' | 'absent' | 'not checked'
  found: string
  /** What to do, where something can be done. */
  todo?: string
}

export const absent = (found: string, todo?: string): Seen => ({ verdict: 'absent', found, ...(todo && { todo }) })

export function lineDown(link: string, why: string): Seen {
  const { kind } = parseLinkAddress(link)
  if (kind === 'pty' || kind === 'tcp-listen') {
    return absent('nobody has opened the line', 'start the program at its other side')
  }
  return absent(why.replace(/^Error: /, '') || 'the line does not come up', remedyFor(why))
}

/** The machine cannot open such lines, or not this one: the words say what is missing. */
export function notOpened(error: unknown): Seen {
  if (!(error instanceof UsageError)) throw error
  return absent(error.message.replace(/^(stick \S+|modem): /, ''), remedyFor(error.message))
}
