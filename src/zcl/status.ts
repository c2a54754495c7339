/** ZCL status codes, with the names they had when Smart Energy 1.x was current. @source ZigBee Cluster Library 075123r03, 2.6.3 */
export const Status = {
  SUCCESS: 0x00,
  FAILURE: 0x01,
  NOT_AUTHORIZED: 0x7e,
  MALFORMED_COMMAND: 0x80,
  UNSUP_CLUSTER_COMMAND: 0x81,
  UNSUP_GENERAL_COMMAND: 0x82,
  UNSUP_MANUF_CLUSTER_COMMAND: 0x83,
  UNSUP_MANUF_GENERAL_COMMAND: 0x84,
  INVALID_FIELD: 0x85,
  UNSUPPORTED_ATTRIBUTE: 0x86,
  INVALID_VALUE: 0x87,
  READ_ONLY: 0x88,
  INSUFFICIENT_SPACE: 0x89,
  NOT_FOUND: 0x8b,
  UNREPORTABLE_ATTRIBUTE: 0x8c,
  INVALID_DATA_TYPE: 0x8d,
  ABORT: 0x95,
  INVALID_IMAGE: 0x96,
  WAIT_FOR_DATA: 0x97,
  NO_IMAGE_AVAILABLE: 0x98,
  REQUIRE_MORE_IMAGE: 0x99,
  /** Later than SE 1.1, yet what stacks in the field answer. */
  UNSUPPORTED_CLUSTER: 0xc3,
} as const

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(Status).map(([name, code]) => [code, name]))

/** `UNSUPPORTED_ATTRIBUTE` for 0x86; `0xab` for a code without a name. */
export const statusName = (status: number): string => NAMES.get(status) ?? `0x${status.toString(16).padStart(2, '0')}`
