import { describe, expect, test } from 'vitest'
import { STANDING_EVENTS, STANDINGS, type Standing, type StandingEvent, stand } from '../../src/zigbee/standing.ts'

/** What comes of each event in each standing, as a lab would expect it; what is not listed changes nothing. */
const EXPECTED: Record<Standing, Partial<Record<StandingEvent, string>>> = {
  out: {
    formed: 'member: announce, tell-joined',
    asked: 'associating: associate',
  },
  associating: {
    associated: 'awaiting-key: await-key',
    'no-network': 'out: failed no-network',
    refused: 'out: failed no-key',
  },
  'awaiting-key': {
    key: 'proving: stop-waiting, announce, prove',
    'no-key': 'out: forget, failed no-key',
    removed: 'out: stop-waiting, forget, failed removed',
  },
  proving: {
    proven: 'member: tell-joined',
    hopeless: 'giving-up: say-farewell',
    'parent-lost': 'rejoining: rejoin',
    removed: 'leaving: say-farewell',
  },
  member: {
    asked: 'rejoining: rejoin',
    'parent-lost': 'rejoining: rejoin',
    hopeless: 'giving-up: say-farewell',
    'told-to-leave': 'leaving: say-farewell',
    removed: 'leaving: say-farewell',
  },
  rejoining: {
    'taken-back': 'seeking-centre: seek-centre',
    'not-taken-back': 'returning: return',
    'told-to-leave': 'leaving: say-farewell',
    removed: 'out: forget, gone removed',
  },
  'seeking-centre': {
    'centre-answered': 'proving: announce, prove',
    'centre-silent': 'returning: return',
    'parent-lost': 'rejoining: rejoin',
    'told-to-leave': 'leaving: say-farewell',
    removed: 'leaving: say-farewell',
  },
  returning: {
    'taken-back': 'awaiting-key-again: await-key',
    'not-taken-back': 'lost: failed no-network',
    'told-to-leave': 'leaving: say-farewell',
    removed: 'out: forget, gone removed',
  },
  'awaiting-key-again': {
    key: 'proving: stop-waiting, announce, prove',
    'no-key': 'lost: failed no-key',
    'told-to-leave': 'leaving: stop-waiting, say-farewell',
    removed: 'out: stop-waiting, forget, gone removed',
  },
  lost: {
    formed: 'member: announce, tell-joined',
    asked: 'rejoining: rejoin',
    'centre-heard': 'rejoining: rejoin',
    'told-to-leave': 'leaving: say-farewell',
    removed: 'out: forget, gone removed',
  },
  leaving: {
    left: 'out: forget, gone removed',
    removed: 'out: forget, gone removed',
  },
  'giving-up': {
    left: 'out: forget, gone unknown-issuer',
    removed: 'out: forget, gone unknown-issuer',
  },
}

const told = (standing: Standing, event: StandingEvent): string => {
  const { standing: next, effects } = stand(standing, event)
  const words = effects.map(effect => {
    if (typeof effect === 'string') return effect
    return 'tellFailed' in effect ? `failed ${effect.tellFailed}` : `gone ${effect.tellGone}`
  })
  return `${next}: ${words.join(', ')}`
}

describe.each(STANDINGS)('a node that is %s', standing => {
  test.each(STANDING_EVENTS)('takes "%s"', event => {
    expect(told(standing, event)).toBe(EXPECTED[standing][event] ?? `${standing}: `)
  })

  test('can become a member', () => {
    const reached = new Set<Standing>([standing])
    for (const from of reached) for (const event of STANDING_EVENTS) reached.add(stand(from, event).standing)
    expect(reached).toContain('member')
  })
})
