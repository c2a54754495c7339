/**
 * Default Responses leave later than other answers: who waits less long takes what was done for not answered.
 * @source assumed: no public document names a model
 */
import { milliseconds } from '../../base/time.ts'
import type { QuirkOf } from '../../profiles/quirk-facts.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'

export const lateDefaultResponse = ({ lateMs }: QuirkOf<'lateDefaultResponse'>): NodeQuirk => ({
  lateUs: ({ name }) => (name === 'DefaultResponse' ? milliseconds(lateMs) : 0),
})
