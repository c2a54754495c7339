/** When a device is to carry something out. */
import { NEVER_MS } from '../diary.ts'
import { type Fields, instantOf, refuse, textOf } from '../fields.ts'

/** From when on, Unix ms, where the device holds it until then; absent: now. */
export function fromIn(fields: Fields): { fromMs?: number } {
  const at = fields.optional('ExecutionDateTime')
  if (!at) return {}
  const fromMs = instantOf(at)
  if (fromMs < NEVER_MS) return { fromMs }
  return refuse(at, 'a time to come: what a device holds is not cancelled here', textOf(at))
}
