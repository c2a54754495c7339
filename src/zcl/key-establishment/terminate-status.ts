/** Why a side ends an exchange, as Terminate Key Establishment says it. */

/** @source ZigBee Smart Energy profile 07-5356, annex C.3.1.2.3.4 (Terminate Key Establishment) */
export const TerminateStatus = {
  /** The authority that issued the certificate is not known here: the joiner is to leave the network. */
  UNKNOWN_ISSUER: 0x01,
  /** The two sides did not come to the same key. */
  BAD_KEY_CONFIRM: 0x02,
  /** A message out of its order, or one that cannot be made sense of. */
  BAD_MESSAGE: 0x03,
  /** Another exchange is under way. */
  NO_RESOURCES: 0x04,
  UNSUPPORTED_SUITE: 0x05,
  /** The certificate does not serve: form, key usage, subject, point. */
  INVALID_CERTIFICATE: 0x06,
} as const

export type TerminateStatusName = keyof typeof TerminateStatus

/** The name of a status; undefined for a reserved value. */
export const statusNameOf = (status: number): TerminateStatusName | undefined =>
  (Object.keys(TerminateStatus) as TerminateStatusName[]).find(name => TerminateStatus[name] === status)
