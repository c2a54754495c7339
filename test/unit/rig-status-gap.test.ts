/** Frames of the air and the status before them, by a wall clock of the test's own. */
import { expect, test } from 'vitest'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import { StatusGap } from '../../src/rig/dongles/status-gap.ts'

function bench() {
  let nowMs = 100
  let sleepers: { atMs: number; wake: () => void }[] = []
  const wall = {
    nowMs: () => nowMs,
    sleep(delayMs: number, wake: () => void) {
      sleepers.push({ atMs: nowMs + delayMs, wake })
      return () => {}
    },
  }
  const pass = (forMs: number) => {
    nowMs += forMs
    const due = sleepers.filter(({ atMs }) => atMs <= nowMs + 1e-9)
    sleepers = sleepers.filter(one => !due.includes(one))
    for (const { wake } of due) wake()
  }
  const written: number[] = []
  const link: ByteLink = {
    ...{ name: 'line', up: true, listen: () => {}, close: () => {} },
    write: octets => void written.push(...octets) === undefined,
  }
  const gap = new StatusGap(link, wall)
  return { gap, pass, written, send: (octet: number) => gap.send(Uint8Array.of(octet)) }
}

test('a frame long after a status goes at once', () => {
  const { gap, pass, written, send } = bench()
  expect(send(1)).toBe(true)
  gap.told()
  pass(0.6)
  send(2)
  expect(written).toEqual([1, 2])
})

test('frames right behind a status wait half a millisecond, and keep their order', () => {
  const { gap, pass, written, send } = bench()
  gap.told()
  for (const octet of [1, 2, 3]) send(octet)
  pass(0.375)
  expect(written).toEqual([])
  pass(0.125)
  expect(written).toEqual([1, 2, 3])
})

test('a frame does not wait behind a status that comes after it', () => {
  const { gap, pass, written, send } = bench()
  gap.told()
  send(1)
  for (let n = 0; n < 4; n++) {
    pass(0.125)
    gap.told()
    send(2 + n)
  }
  expect(written).toEqual([1])
  pass(0.125)
  expect(written).toEqual([1, 2])
  pass(0.25)
  expect(written).toEqual([1, 2, 3, 4])
})

test('what waits is bounded', () => {
  const { gap, send } = bench()
  gap.told()
  expect(Array.from({ length: 300 }, (_, n) => send(n & 0xff)).filter(Boolean)).toHaveLength(256)
})
