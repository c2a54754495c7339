/**
 * The way to one destination as a machine: state and event in, state and effects out. No clock, no dice.
 *
 * | state | wanted | offer | overdue | lost (its next hop) |
 * |---|---|---|---|---|
 * | none | sought: request, wait | known | – | none |
 * | sought | sought | known: serve; a dear one: weighed, wait | sought: request, wait; at last none: serve nobody | sought |
 * | weighed | weighed | a better one: as in sought | known: serve | sought, wait |
 * | known | known: serve | known, if better or fresh | – | none |
 *
 * A dear way is not taken at once, for the cheaper one over more hops is answered later.
 * @source ZigBee PRO, 3.6.3.5 route discovery; the weighing: assumed
 */
import { InvariantError } from '../../base/errors.ts'
import type { Micros } from '../../base/ids.ts'
import { milliseconds, seconds } from '../../base/time.ts'

/** A way: the neighbour to hand frames to, and the sum of link costs. */
export interface Way {
  nextHop: number
  cost: number
}

export type RouteState =
  | { is: 'none' }
  /** `left`: requests that may follow. */
  | { is: 'sought'; left: number }
  | { is: 'weighed'; left: number; way: Way }
  | { is: 'known'; way: Way }

export type RouteEvent =
  /** Somebody has a frame for the destination. */
  | { on: 'wanted' }
  /** Somebody knows a way. `fresh`: as it is now, whatever was better before. */
  | { on: 'offer'; way: Way; fresh: boolean }
  /** The wait is over. */
  | { on: 'overdue' }
  /** A neighbour cannot be reached any more. */
  | { on: 'lost'; nextHop: number }

export type RouteEffect =
  | { do: 'request' }
  /** In place of the wait before. */
  | { do: 'wait'; forUs: Micros }
  | { do: 'stop-waiting' }
  /** What waits goes over that hop; undefined: there is no way. */
  | { do: 'serve'; nextHop: number | undefined }

export interface RouteStep {
  state: RouteState
  effects: readonly RouteEffect[]
}

/** Before the first frame. */
export const NO_ROUTE: RouteState = Object.freeze({ is: 'none' })
/** Nothing over routers is cheaper. */
export const CHEAP = 2
/** Requests in all. @source assumed; the standard has 4 and 3, nwkcInitialRREQRetries and nwkcRREQRetries */
const REQUESTS = 2
/** A reply in a home of few hops takes a quarter of a second. @source assumed */
const REPLY_US = seconds(1)
/** Twice the longest a router of three hops keeps a request. @source assumed */
const WEIGHED_US = milliseconds(200)

/** What comes of an event. @throws InvariantError when nothing here waits for the time that is over */
export function routeStep(state: RouteState, event: RouteEvent): RouteStep {
  switch (event.on) {
    case 'wanted':
      if (state.is === 'none') return sought(REQUESTS - 1, { do: 'request' })
      if (state.is === 'known') return { state, effects: [{ do: 'serve', nextHop: state.way.nextHop }] }
      return { state, effects: [] }
    case 'offer':
      return offered(state, event.way, event.fresh)
    case 'overdue':
      return overdue(state)
    case 'lost':
      if (state.is === 'none' || state.is === 'sought' || state.way.nextHop !== event.nextHop)
        return { state, effects: [] }
      return state.is === 'known' ? { state: NO_ROUTE, effects: [] } : sought(state.left)
    default:
      return event satisfies never
  }
}

function offered(state: RouteState, way: Way, fresh: boolean): RouteStep {
  switch (state.is) {
    case 'none':
      return { state: { is: 'known', way }, effects: [] }
    case 'sought':
      return weigh(state.left, way, [{ do: 'wait', forUs: WEIGHED_US }])
    case 'weighed':
      return way.cost < state.way.cost ? weigh(state.left, way, []) : { state, effects: [] }
    case 'known': {
      const isBetter = fresh || way.cost < state.way.cost || way.nextHop === state.way.nextHop
      return { state: isBetter ? { is: 'known', way } : state, effects: [] }
    }
    default:
      return state satisfies never
  }
}

function overdue(state: RouteState): RouteStep {
  if (state.is === 'weighed') return known(state.way, [])
  if (state.is !== 'sought') throw new InvariantError(`route: a wait is over, but it is ${state.is}`)
  if (state.left > 0) return sought(state.left - 1, { do: 'request' })
  return { state: NO_ROUTE, effects: [{ do: 'serve', nextHop: undefined }] }
}

const weigh = (left: number, way: Way, wait: readonly RouteEffect[]): RouteStep =>
  way.cost <= CHEAP ? known(way, [{ do: 'stop-waiting' }]) : { state: { is: 'weighed', left, way }, effects: wait }

const known = (way: Way, before: readonly RouteEffect[]): RouteStep => ({
  state: { is: 'known', way },
  effects: [...before, { do: 'serve', nextHop: way.nextHop }],
})

const sought = (left: number, ...before: readonly RouteEffect[]): RouteStep => ({
  state: { is: 'sought', left },
  effects: [...before, { do: 'wait', forUs: REPLY_US }],
})
