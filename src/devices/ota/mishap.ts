/** What goes wrong with an upgrade on purpose: once an image has come so far, or when it has come. */

/** Percent of the octets of the image. */
interface Underway {
  is: /** The device breaks it off. */
    | 'abort'
    /** It fetches no more, and says nothing. */
    | 'stuck'
    /** It loses its power for a while. */
    | 'power'
  percent: number
}

export type Mishap =
  | Underway
  | {
      is: /** No room for it. */
        | 'space'
        /** What was written is not what is read back. */
        | 'verify'
        /** It does not start. */
        | 'boot'
        /** The state of supply or credit does not allow the device to go down. */
        | 'refused'
        /** The order to execute it comes to nothing. */
        | 'lost'
    }

/** Whether a mishap befalls a device as it comes from one octet of an image to another. Who is stuck does not come further. */
export function comesOver(
  mishap: Mishap | undefined,
  { from, to, size }: { from: number; to: number; size: number },
  kind?: 'stuck',
): mishap is Underway {
  if (!mishap || !('percent' in mishap) || (mishap.is === 'stuck') !== (kind === 'stuck')) return false
  const at = Math.max(1, Math.ceil((mishap.percent * size) / 100))
  return from < at && at <= to
}
