/** Lines to real parts, as a rig writes them. */
import { UsageError } from '../base/errors.ts'
import { type LinkAddress, parseLinkAddress } from '../links/link-address.ts'

/** The line, or why it is none. */
export function readLine(link: string): LinkAddress | string {
  try {
    return parseLinkAddress(link)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
}
