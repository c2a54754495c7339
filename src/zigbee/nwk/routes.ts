/** The ways this node knows or looks for, one machine per destination, and what waits for each. */
import type { Timer, Timers } from '../../ports/time.ts'
import { NO_ROUTE, type RouteEvent, type RouteState, routeStep, type Way } from './route-machine.ts'

export type OnHop = (nextHop: number | undefined) => void

const ENTRIES = 64
/** Frames that may wait for one route. Assumed. */
const WAITING = 32

interface Route {
  state: RouteState
  waiting: OnHop[]
  timer: Timer | undefined
}

export class Routes {
  private readonly byDestination = new Map<number, Route>()
  private readonly timers: Timers
  private readonly request: (destination: number) => void

  constructor(options: { timers: Timers; request: (destination: number) => void }) {
    this.timers = options.timers
    this.request = options.request
  }

  /** The next hop of a way that is known. */
  known(destination: number): number | undefined {
    const state = this.byDestination.get(destination)?.state
    return state?.is === 'known' ? state.way.nextHop : undefined
  }

  /** Calls back later with the next hop, or undefined when none is found in time. */
  find(destination: number, onHop: OnHop): void {
    const route = this.entry(destination)
    if (!route || route.waiting.length >= WAITING)
      return void this.timers.after(0, 'nwk no room', () => onHop(undefined))
    route.waiting.push(onHop)
    this.happened(destination, { on: 'wanted' })
  }

  /** `fresh`: as it is now, whatever was better before. */
  offer(destination: number, way: Way, fresh: boolean): void {
    if (this.entry(destination)) this.happened(destination, { on: 'offer', way, fresh })
  }

  /** A hop did not acknowledge or fell silent: every way over it is gone. */
  lost(nextHop: number): void {
    for (const destination of [...this.byDestination.keys()]) this.happened(destination, { on: 'lost', nextHop })
  }

  /** The way to a destination came to nothing somewhere. */
  failed(destination: number): void {
    const nextHop = this.known(destination)
    if (nextHop !== undefined) this.happened(destination, { on: 'lost', nextHop })
  }

  list(): { destination: number; state: RouteState }[] {
    return [...this.byDestination].map(([destination, { state }]) => ({ destination, state }))
  }
  clear(): void {
    for (const route of this.byDestination.values()) {
      route.timer?.cancel()
      this.serve(route, undefined)
    }
    this.byDestination.clear()
  }

  private happened(destination: number, event: RouteEvent): void {
    const route = this.byDestination.get(destination)
    if (!route) return
    const { state, effects } = routeStep(route.state, event)
    route.state = state
    if (state.is === 'none') this.byDestination.delete(destination)
    for (const effect of effects) {
      switch (effect.do) {
        case 'request':
          this.request(destination)
          break
        case 'wait':
          route.timer?.cancel()
          route.timer = this.timers.after(effect.forUs, 'nwk route discovery', () =>
            this.happened(destination, { on: 'overdue' }),
          )
          break
        case 'stop-waiting':
          route.timer?.cancel()
          break
        case 'serve':
          this.serve(route, effect.nextHop)
          break
        default:
          effect satisfies never
      }
    }
  }

  private serve(route: Route, nextHop: number | undefined): void {
    for (const onHop of route.waiting.splice(0)) this.timers.after(0, 'nwk route', () => onHop(nextHop))
  }

  /** The entry of a destination; of a full table the one learnt longest ago goes, unless all are being looked for. */
  private entry(destination: number): Route | undefined {
    const known = this.byDestination.get(destination)
    if (known) return known
    if (this.byDestination.size >= ENTRIES) {
      const oldest = [...this.byDestination].find(([, { state }]) => state.is === 'known')
      if (!oldest) return undefined
      this.byDestination.delete(oldest[0])
    }
    const route: Route = { state: NO_ROUTE, waiting: [], timer: undefined }
    this.byDestination.set(destination, route)
    return route
  }
}
