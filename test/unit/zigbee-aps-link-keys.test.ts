/** The link keys of a node: whose they are, and which frame counters were used. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { LinkKeys } from '../../src/zigbee/aps/link-keys.ts'
import { DISPLAY, HUB, INSTALL_KEY, KEY, METER } from './zigbee-aps-bench.ts'

const OTHER_KEY = fromHex('000102030405060708090a0b0c0d0e0f')

describe('the keys of a node', () => {
  const counterOf = (keys: LinkKeys, peer = HUB) => keys.get(peer)?.takeCounter()

  test('begin anew with a new key, and go on with the same one', () => {
    const keys = new LinkKeys()
    keys.set(HUB, INSTALL_KEY, 'preconfigured')
    expect([counterOf(keys), counterOf(keys)]).toEqual([0, 1])
    keys.set(HUB, INSTALL_KEY, 'preconfigured')
    expect(counterOf(keys)).toBe(2)
    keys.set(HUB, KEY, 'verified')
    expect(counterOf(keys)).toBe(0)
    expect(keys.get(HUB)?.isFresh(0)).toBe(true)
    keys.set(HUB, KEY, 'stale')
    keys.set(HUB, KEY, 'verified')
    expect(counterOf(keys)).toBe(1)
  })

  test('never use a counter twice under a preconfigured key that comes back', () => {
    const keys = new LinkKeys()
    keys.set(HUB, INSTALL_KEY, 'preconfigured')
    counterOf(keys)
    counterOf(keys)
    keys.set(HUB, KEY, 'verified')
    keys.set(HUB, INSTALL_KEY, 'preconfigured')
    expect(counterOf(keys)).toBe(2)
    keys.delete(HUB)
    keys.set(HUB, INSTALL_KEY, 'preconfigured')
    expect(counterOf(keys)).toBe(3)
  })

  test('survive a restart with a gap in what they send and none in what they take', () => {
    const before = new LinkKeys()
    before.set(HUB, KEY, 'verified')
    before.set(DISPLAY, INSTALL_KEY, 'stale')
    before.expectTrustCentre(OTHER_KEY)
    counterOf(before)
    before.get(HUB)?.taken(41)
    const after = new LinkKeys()
    after.restore(JSON.parse(JSON.stringify(before.save())))
    expect(counterOf(after)).toBe(1_025)
    expect([41, 42].map(counter => after.get(HUB)?.isFresh(counter))).toEqual([false, true])
    expect(after.get(DISPLAY)?.state).toBe('stale')
    expect(after.candidates(METER, 'key-transport').map(key => key.equals(OTHER_KEY))).toEqual([true])
  })

  test('take the key of an unknown trust centre for keys, never for data', () => {
    const keys = new LinkKeys()
    keys.expectTrustCentre(INSTALL_KEY)
    expect(keys.candidates(HUB, 'data')).toEqual([])
    expect(keys.candidates(HUB, 'key-transport')).toHaveLength(1)
    keys.adoptTrustCentre(HUB)
    expect(keys.get(HUB)?.state).toBe('preconfigured')
    expect(keys.candidates(METER, 'key-transport')).toEqual([])
  })

  test('are used up before their counter comes round', () => {
    const keys = new LinkKeys()
    const record = { peer: HUB, key: toHex(KEY), state: 'verified', incoming: 0 } as const
    keys.restore({ floor: 0, keys: [{ ...record, outgoing: 0xffffffff - 1_025 }] })
    expect([counterOf(keys), counterOf(keys)]).toEqual([0xfffffffe, undefined])
    expect(keys.get(HUB)?.isFresh(0xffffffff)).toBe(false)
  })

  test('go on where they were when a device joins again under the same trust centre and install code', () => {
    const keys = new LinkKeys()
    keys.set(HUB, INSTALL_KEY, 'preconfigured')
    counterOf(keys)
    keys.get(HUB)?.taken(7)
    keys.expectTrustCentre(INSTALL_KEY)
    keys.adoptTrustCentre(HUB)
    expect([counterOf(keys), keys.get(HUB)?.isFresh(7)]).toEqual([1, false])
  })

  test('take a trust centre that began anew, and still use no counter twice', () => {
    const keys = new LinkKeys()
    keys.set(HUB, INSTALL_KEY, 'preconfigured')
    counterOf(keys)
    keys.get(HUB)?.taken(700)
    keys.expectTrustCentre(INSTALL_KEY)
    const [known, joining] = keys.candidates(HUB, 'key-transport')
    expect([known?.isFresh(0), joining?.isFresh(0)]).toEqual([false, true])
    joining?.taken(0)
    keys.adoptTrustCentre(HUB)
    expect([counterOf(keys), keys.get(HUB)?.isFresh(1)]).toEqual([1, true])
  })
})
