/** Asks a co-processor what it is, and whether it can be driven. */
import { readable } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { CAPABILITY, COMMAND, PROTOCOL_VERSION } from '../../wire/spinel/frame.ts'
import { PROPERTY, type PropertyName, type PropertyValue, readProperty } from '../../wire/spinel/properties.ts'
import { ANSWER_WAIT_US } from './jobs.ts'
import type { Transactions } from './transactions.ts'

/** A co-processor that can be driven. */
export interface Identity {
  /** The maker's address. */
  eui64: Eui64
  /** Firmware and its version, for people. */
  version: string
}

export type Identified =
  | { readonly is: 'identified'; readonly identity: Identity }
  | { readonly is: 'unusable'; readonly why: string }
  | { readonly is: 'lost' }

const ASKED = ['PROTOCOL_VERSION', 'NCP_VERSION', 'CAPS', 'HWADDR'] as const

/** Told once, when all has been answered or something lost; not at all when the questions are forgotten. */
export function identify(transactions: Transactions, onDone: (found: Identified) => void): void {
  const told = new Map<PropertyName, Uint8Array>()
  let left = ASKED.length
  let lost = false
  for (const name of ASKED) {
    const question = { command: COMMAND.PROP_VALUE_GET, property: PROPERTY[name].key, value: new Uint8Array() }
    transactions.ask(question, ANSWER_WAIT_US, answer => {
      if (answer.is === 'value' && answer.property === PROPERTY[name].key) told.set(name, answer.value.slice())
      lost ||= answer.is === 'lost'
      if (--left === 0) onDone(lost ? { is: 'lost' } : judge(told))
    })
  }
}

function judge(told: ReadonlyMap<PropertyName, Uint8Array>): Identified {
  const value = <N extends PropertyName>(name: N): PropertyValue<N> | undefined => {
    const octets = told.get(name)
    return octets && readable(() => readProperty(name, octets))
  }
  const unusable = (why: string): Identified => ({ is: 'unusable', why })
  const protocol = value('PROTOCOL_VERSION')
  if (protocol?.major !== PROTOCOL_VERSION.major) {
    return unusable(`Spinel ${protocol?.major ?? 'of no version'} found, ${PROTOCOL_VERSION.major} expected`)
  }
  if (!value('CAPS')?.includes(CAPABILITY.MAC_RAW)) return unusable('no raw IEEE 802.15.4 radio (CAP_MAC_RAW)')
  const eui64 = value('HWADDR')
  if (eui64 === undefined) return unusable('no address of its own (HWADDR)')
  return { is: 'identified', identity: { eui64, version: value('NCP_VERSION') ?? '' } }
}
