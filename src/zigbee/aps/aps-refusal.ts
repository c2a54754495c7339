/** Why an APS frame that came in was not taken: each is counted, none is answered. */

export const APS_REFUSALS = [
  /** It does not decode. */
  'malformed',
  /** It came without the network key where that is not allowed. */
  'not-nwk-secured',
  /** Nobody can say who sent it, so its nonce is not known. */
  'unknown-sender',
  /** No link key is shared with its sender. */
  'no-link-key',
  /** Its frame counter is not above the last one taken. */
  'replayed',
  /** It is not authentic under any key shared with its sender. */
  'not-authentic',
  /** A key id that does not protect this kind of frame. */
  'wrong-key-id',
  /** Data under a key that only stands in until key establishment. */
  'preconfigured-key',
  /** Data under a retired key. */
  'stale-key',
  /** APS security on a broadcast. */
  'secured-broadcast',
  /** A group address, where nobody is in a group. */
  'group',
  /** A repetition of what was taken already; acknowledged again. */
  'duplicate',
  /** A block that fits no transfer, or one that is too long. */
  'fragment',
  /** A transfer that was never completed. */
  'fragment-incomplete',
  /** An acknowledgement nobody waits for, or less protected than what it acknowledges. */
  'stray-ack',
] as const
export type ApsRefusal = (typeof APS_REFUSALS)[number]
