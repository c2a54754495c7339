import { expect, test } from 'vitest'
import type { Store } from '../../src/ports/store.ts'
import type { DongleMemory } from '../../src/rig/dongles/dongle-home.ts'
import { DongleState } from '../../src/rig/dongles/dongle-state.ts'

const IDENTITY = { rig: 'r', installation: 'i', protocol: 'znp', application: 'home-automation' }

function store(values: Record<string, unknown> = {}): Store & { values: Record<string, unknown>; puts: string[][] } {
  const puts: string[][] = []
  return {
    values,
    puts,
    get: key => values[key],
    list: () => [],
    put(entries) {
      puts.push(Object.keys(entries))
      Object.assign(values, entries)
    },
    close: () => {},
  }
}

test('each life finds what the one before kept, and is counted; what did not change is not written again', () => {
  const kept = store()
  const memory: DongleMemory = { home: { han: { kind: 'radio', nodes: {} }, devices: {} }, stick: { counter: 1 } }
  const first = new DongleState(kept, IDENTITY)
  expect([first.memory, first.lives]).toEqual([undefined, 0])
  first.keep(memory)
  first.keep({ ...memory, stick: { counter: 2 } })
  expect(kept.puts.slice(1)).toEqual([['home', 'stick'], ['stick']])
  const second = new DongleState(kept, IDENTITY)
  expect([second.memory, second.lives]).toEqual([{ ...memory, stick: { counter: 2 } }, 1])
})

test('what is of another stick, or in a form of yesterday, is refused', () => {
  const kept = store()
  new DongleState(kept, IDENTITY)
  expect(() => new DongleState(kept, { ...IDENTITY, protocol: 'ezsp' })).toThrow(/of protocol "znp"; "ezsp" expected/)
  kept.values.home = { nodes: {}, registers: {} }
  expect(() => new DongleState(kept, IDENTITY)).toThrow(/not read any more: choose another folder/)
})
