/** What a hub's service for one kind of request is given. */
import type { Taken } from '../../../wan/exchanges.ts'
import type { RequestKind } from '../../../wan/messages/requests.ts'
import type { Request, Response } from '../../../wan/messages/wan-types.generated.ts'
import type { Asking } from './asking.ts'

/** One request under way. Exactly one of `succeed` and `fail` is called, once. */
export interface Call<K extends RequestKind> extends Asking {
  /** Service reference variant: one kind may carry several. */
  variant: string
  originator: string
  taken: Taken
  /** For what it orders: the same when it is carried out anew after a loss of power. */
  orderNumber: number
  parameters: NonNullable<Request[K]>
  succeed: (result: NonNullable<Response[K]>) => void
}

/** Carries out one kind of request. Which devices it may be asked of is in the catalogue of service requests. */
export type Service<K extends RequestKind> = (call: Call<K>) => void
