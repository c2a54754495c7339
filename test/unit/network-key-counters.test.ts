/** Which frame counters a node remembers under which network key. */
import { expect, test } from 'vitest'
import { NetworkKeys } from '../../src/zigbee/nwk/network-keys.ts'

const SENDER = '00db1234567890a1'
const keyOf = (sequence: number) => ({ key: new Uint8Array(16).fill(sequence), sequence })

test('under the key in use nothing old is taken again, however many keys came and were never switched to', () => {
  const keys = new NetworkKeys()
  keys.install(keyOf(1))
  keys.taken(SENDER, 1, 500)
  for (let sequence = 2; sequence < 12; sequence++) {
    keys.install(keyOf(sequence))
    keys.taken(SENDER, sequence, sequence)
  }
  expect(keys.isFresh(SENDER, 1, 500)).toBe(false)
  expect(keys.isFresh(SENDER, 1, 501)).toBe(true)
  expect(keys.isFresh(SENDER, 11, 11)).toBe(false)
  expect(keys.save().incoming.length).toBeLessThanOrEqual(5)
})

test('what was taken under each key is known after a restart', () => {
  const keys = new NetworkKeys()
  keys.install(keyOf(1))
  keys.install(keyOf(2))
  keys.taken(SENDER, 1, 500)
  keys.taken(SENDER, 2, 7)
  const again = new NetworkKeys()
  again.restore(JSON.parse(JSON.stringify(keys.save())))
  expect([again.isFresh(SENDER, 1, 500), again.isFresh(SENDER, 2, 7), again.isFresh(SENDER, 2, 8)]).toEqual([
    false,
    false,
    true,
  ])
})
