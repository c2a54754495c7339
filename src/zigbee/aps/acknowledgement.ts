/** APS acknowledgements: which header acknowledges which. @source ZigBee PRO, 2.2.5.2.3 acknowledgement frame format */
import type { ApsHeader } from '../frames/aps-frame.ts'

export type AckHeader = Extract<ApsHeader, { type: 'ack' }>

/**
 * Windows are of one block: its bit is set, and so are those beyond the window.
 * @source EmberZNet's receiver, as published by Silicon Labs: "unused bits must be 1"
 */
const ARRIVED = 0xff

/** The acknowledgement of a frame; undefined for one that has none. */
export function ackOf(header: ApsHeader): AckHeader | undefined {
  const { counter } = header
  if (header.type === 'command') return { type: 'ack', delivery: 'unicast', ackOf: 'command', counter }
  if (header.type !== 'data' || header.delivery === 'group') return undefined
  const { profileId, clusterId, fragment } = header
  const swapped = { destinationEndpoint: header.sourceEndpoint, sourceEndpoint: header.destinationEndpoint }
  const ack = { type: 'ack', delivery: 'unicast', ackOf: 'data', profileId, clusterId, ...swapped, counter } as const
  if (!fragment || fragment.fragmentation === 'none') return ack
  const { fragmentation } = fragment
  const blockNumber = fragmentation === 'first' ? 0 : fragment.blockNumber
  return { ...ack, fragment: { fragmentation, blockNumber, ackBitfield: ARRIVED } }
}

/** Whether `ack` says that the frame with this header arrived. */
export function acknowledges(ack: AckHeader, header: ApsHeader): boolean {
  const expected = ackOf(header)
  if (!expected || expected.ackOf !== ack.ackOf || expected.counter !== ack.counter) return false
  if (expected.ackOf === 'data' && ack.ackOf === 'data') {
    const same =
      ack.clusterId === expected.clusterId &&
      ack.profileId === expected.profileId &&
      ack.sourceEndpoint === expected.sourceEndpoint &&
      ack.destinationEndpoint === expected.destinationEndpoint
    if (!same) return false
  }
  const block = blockOf(expected)
  const acked = blockOf(ack)
  return block?.number === acked?.number && (acked?.arrived ?? true)
}

function blockOf({ fragment }: AckHeader): { number: number; arrived: boolean } | undefined {
  if (!fragment || fragment.fragmentation === 'none') return undefined
  return { number: fragment.blockNumber, arrived: (fragment.ackBitfield & 1) === 1 }
}
