/** Keys for Wireshark, so that it opens what is encrypted. For test keys only, and each is marked as one: the text holds them in clear. */
import { InvariantError } from '../base/errors.ts'

export interface CaptureKey {
  /** 16 octets: a network key, or a link key as installed or agreed (Wireshark derives the rest). */
  key: Uint8Array
  /** What Wireshark shows, `(test)` behind it: printable ASCII without quotes or backslashes. */
  label: string
}

/**
 * The text of a file `zigbee_pc_keys` in Wireshark's configuration folder.
 * @source Wireshark 4.0, preferences of the ZigBee dissector (UAT `zigbee_pc_keys`)
 * @throws InvariantError for a key that is not 16 octets, or a label with other characters
 */
export const zigbeePcKeys = (keys: readonly CaptureKey[]): string => keys.map(line).join('')

function line({ key, label }: CaptureKey): string {
  if (key.length !== 16) throw new InvariantError(`capture key "${label}": ${key.length} octets found, 16 expected`)
  if (!/^[\x20-\x7e]*$/.test(label) || /["\\]/.test(label)) {
    throw new InvariantError(`capture key label ${JSON.stringify(label)}: printable ASCII without " and \\ expected`)
  }
  const octets = [...key].map(octet => octet.toString(16).padStart(2, '0'))
  return `"${octets.join(':')}","Normal","${label} (test)"\n`
}
