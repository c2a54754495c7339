/** Events as they go over the HAN: codes as numbers, a model's own where it has them, details as octets. */
import { alertText } from './alert-codes.ts'

/** Octets of detail that an event carries at most, so that a page of a log holds several. @source assumed */
export const DETAIL_OCTETS = 40

/** A model's own number for a code. */
export interface NativeCode {
  /** 4 upper-case hex digits each. */
  native: string
  code: string
}

const UTF8 = new TextDecoder()

/** The number an event has on the HAN. */
export function eventIdOf(code: string, natives: readonly NativeCode[]): number {
  return Number.parseInt(natives.find(known => known.code === code)?.native ?? code, 16)
}

/** The code of a number from the HAN, and the model's own where it has one. */
export function codeOf(eventId: number, natives: readonly NativeCode[]): { code: string; native?: string } {
  const hex = eventId.toString(16).toUpperCase().padStart(4, '0')
  const known = natives.find(({ native }) => native === hex)
  return known ? { code: known.code, native: hex } : { code: hex }
}

/** A detail as octets; what is too long is cut at a character. */
export function toEventData(detail: string): Uint8Array {
  let kept = detail
  while (new TextEncoder().encode(kept).length > DETAIL_OCTETS) kept = kept.slice(0, -1)
  return new TextEncoder().encode(kept)
}

/** What an event says, for people. */
export function describe(code: string, eventData: Uint8Array | null): string {
  const detail = eventData?.length ? UTF8.decode(eventData.subarray(0, DETAIL_OCTETS)) : ''
  return detail ? `${alertText(code)}: ${detail}` : alertText(code)
}
