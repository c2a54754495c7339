/** Test keys: derived, so that a run is a function of its files. Never production keys. */
import { createHmac } from 'node:crypto'

/** A 32-octet key from another and a label. */
export const hmacKey = (key: Uint8Array, label: string): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(label).digest())
