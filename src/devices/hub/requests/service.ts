/** What a hub's service for one kind of request is given. */
import type { Taken } from '../../../wan/exchanges.ts'
import type { RequestKind } from '../../../wan/messages/requests.ts'
import type { Request, Response } from '../../../wan/messages/wan-types.generated.ts'
import type { Asking, Target } from './asking.ts'

/** One request under way. Exactly one of `succeed` and `fail` is called, once. */
export interface Call<K extends RequestKind> extends Asking {
  originator: string
  taken: Taken
  parameters: NonNullable<Request[K]>
  succeed: (result: NonNullable<Response[K]>) => void
}

export interface Service<K extends RequestKind> {
  /** Types of device it may be asked of; others get E11. */
  of: readonly Target[]
  carryOut: (call: Call<K>) => void
}
