import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../src/base/errors.ts'
import { NO_ROUTE, type RouteEvent, type RouteState, routeStep } from '../../src/zigbee/nwk/route-machine.ts'

const [CHEAP, DEAR, DEARER] = [
  { nextHop: 1, cost: 2 },
  { nextHop: 2, cost: 5 },
  { nextHop: 3, cost: 7 },
]

const STATES = {
  none: NO_ROUTE,
  sought: { is: 'sought', left: 1 },
  'sought for the last time': { is: 'sought', left: 0 },
  weighed: { is: 'weighed', left: 1, way: DEAR },
  known: { is: 'known', way: DEAR },
} satisfies Record<string, RouteState>
type StateName = keyof typeof STATES

const EVENTS = {
  wanted: { on: 'wanted' },
  'a cheap way': { on: 'offer', way: CHEAP, fresh: false },
  'a dearer way': { on: 'offer', way: DEARER, fresh: false },
  'a dearer way, fresh': { on: 'offer', way: DEARER, fresh: true },
  'its way, grown dearer': { on: 'offer', way: { nextHop: 2, cost: 6 }, fresh: false },
  overdue: { on: 'overdue' },
  'its hop lost': { on: 'lost', nextHop: 2 },
  'another hop lost': { on: 'lost', nextHop: 9 },
} satisfies Record<string, RouteEvent>
type EventName = keyof typeof EVENTS

/** What comes of each event in each state: the state, what is done. */
const CELLS: Record<StateName, Record<EventName, string>> = {
  none: {
    wanted: 'sought 1: request, wait 1000',
    'a cheap way': 'known 1 at 2:',
    'a dearer way': 'known 3 at 7:',
    'a dearer way, fresh': 'known 3 at 7:',
    'its way, grown dearer': 'known 2 at 6:',
    overdue: 'cannot be',
    'its hop lost': 'none:',
    'another hop lost': 'none:',
  },
  sought: {
    wanted: 'sought 1:',
    'a cheap way': 'known 1 at 2: stop-waiting, serve 1',
    'a dearer way': 'weighed 3 at 7: wait 200',
    'a dearer way, fresh': 'weighed 3 at 7: wait 200',
    'its way, grown dearer': 'weighed 2 at 6: wait 200',
    overdue: 'sought 0: request, wait 1000',
    'its hop lost': 'sought 1:',
    'another hop lost': 'sought 1:',
  },
  'sought for the last time': {
    wanted: 'sought 0:',
    'a cheap way': 'known 1 at 2: stop-waiting, serve 1',
    'a dearer way': 'weighed 3 at 7: wait 200',
    'a dearer way, fresh': 'weighed 3 at 7: wait 200',
    'its way, grown dearer': 'weighed 2 at 6: wait 200',
    overdue: 'none: serve nobody',
    'its hop lost': 'sought 0:',
    'another hop lost': 'sought 0:',
  },
  weighed: {
    wanted: 'weighed 2 at 5:',
    'a cheap way': 'known 1 at 2: stop-waiting, serve 1',
    'a dearer way': 'weighed 2 at 5:',
    'a dearer way, fresh': 'weighed 2 at 5:',
    'its way, grown dearer': 'weighed 2 at 5:',
    overdue: 'known 2 at 5: serve 2',
    'its hop lost': 'sought 1: wait 1000',
    'another hop lost': 'weighed 2 at 5:',
  },
  known: {
    wanted: 'known 2 at 5: serve 2',
    'a cheap way': 'known 1 at 2:',
    'a dearer way': 'known 2 at 5:',
    'a dearer way, fresh': 'known 3 at 7:',
    'its way, grown dearer': 'known 2 at 6:',
    overdue: 'cannot be',
    'its hop lost': 'none:',
    'another hop lost': 'known 2 at 5:',
  },
}

function outcome(state: RouteState, event: RouteEvent): string {
  try {
    const { state: next, effects } = routeStep(state, event)
    const way = 'way' in next ? ` ${next.way.nextHop} at ${next.way.cost}` : next.is === 'sought' ? ` ${next.left}` : ''
    const done = effects.map(effect => {
      if (effect.do === 'serve') return `serve ${effect.nextHop ?? 'nobody'}`
      return effect.do === 'wait' ? `wait ${effect.forUs / 1_000}` : effect.do
    })
    return `${next.is}${way}:${done.length > 0 ? ` ${done.join(', ')}` : ''}`
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error
    return 'cannot be'
  }
}

describe.each(Object.keys(STATES) as StateName[])('a route that is %s', name => {
  it.each(Object.keys(EVENTS) as EventName[])('at: %s', event => {
    expect(outcome(STATES[name], EVENTS[event])).toBe(CELLS[name][event])
  })
})
