/** A hundred routers in one room join one after another, each within earshot of all others. */
import { test } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { crowdJoins } from '../peer/ember-crowd.ts'

test('a hundred devices join through zigbee-herdsman and our EZSP stick, and not one fails', { timeout: 600_000 }, () =>
  crowdJoins(100, seconds(1)),
)
