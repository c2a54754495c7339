import { describe, expect, test } from 'vitest'
import { hours } from '../../src/base/time.ts'
import { PagedLog } from '../../src/devices/paged-log.ts'
import { memoryOf, partsOf } from '../../src/rig/memory-parts.ts'
import { home } from './device-home.ts'

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
function filled(capacity: number, count: number): PagedLog<number> {
  const log = new PagedLog<number>(capacity)
  for (const entry of numbers(0, count)) log.add(entry)
  return log
}

describe('a log in pages', () => {
  test.each([
    [10, 5],
    [10, 200],
    [64, 65],
    [100, 64],
    [100, 1_000],
  ])('of %i entries keeps the newest of %i', (capacity, count) => {
    const log = filled(capacity, count)
    const expected = numbers(Math.max(0, count - capacity), count)
    expect(log.list()).toEqual(expected)
    expect(log.last).toBe(count - 1)
    const again = new PagedLog(capacity, JSON.parse(JSON.stringify(log.memory())))
    expect(again.list()).toEqual(expected)
    again.add(count)
    log.add(count)
    expect(again.memory()).toEqual(log.memory())
  })

  test('gives full pages as the same value each time, under numbers that stay', () => {
    const log = filled(150, 130)
    const before = log.memory()
    for (const entry of numbers(130, 260)) log.add(entry)
    const after = log.memory()
    expect(before.first).toBe(0)
    expect(after.first).toBe(1)
    expect(after.pages[0]).toBe(before.pages[1])
    expect(before.pages[2]).toEqual([128, 129])
  })

  test('changes its last entry without changing what was given before', () => {
    const log = filled(10, 64)
    const { pages } = log.memory()
    log.amend(-1)
    expect(pages[0]?.at(-1)).toBe(63)
    expect(log.last).toBe(-1)
  })

  test('that is empty has nothing to change', () => {
    const log = new PagedLog<number>(10)
    log.amend(1)
    expect([log.list(), log.last]).toEqual([[], undefined])
  })
})

describe('what a home keeps, in parts', () => {
  test.each([false, true])('is the same put together again', inMemory => {
    const day = home({ inMemory })
    day.run(hours(2))
    const memory = day.installation.memory()
    const parts = JSON.parse(JSON.stringify(partsOf(memory))) as Record<string, unknown>
    expect(memoryOf(name => parts[name])).toEqual(JSON.parse(JSON.stringify(memory)))
  })

  test('is not there where nothing was kept', () => {
    expect(memoryOf(() => undefined)).toBeUndefined()
  })

  test('does not touch the pages of long ago', () => {
    const day = home({ inMemory: true, keep: () => false })
    day.run(hours(40))
    const before = partsOf(day.installation.memory())
    day.run(hours(1))
    const after = partsOf(day.installation.memory())
    const same = Object.keys(after).filter(name => after[name] === before[name])
    expect(same).toEqual(expect.arrayContaining(['esme/0', 'gsme/0', 'mirror/0']))
  })

  test('holds images in pages that stay, and is the same put together again', () => {
    const day = home({ inMemory: true })
    const { shelf } = day.installation.hub.ota
    shelf.put({ manufacturerCode: 1, imageType: 2, fileVersion: 3, totalImageSize: 20_000 })
    shelf.append('0001-0002-00000003', new Uint8Array(9_000).fill(7))
    const before = partsOf(day.installation.memory())
    shelf.append('0001-0002-00000003', new Uint8Array(9_000).fill(8))
    const memory = day.installation.memory()
    const after = partsOf(memory)
    const pages = Object.keys(after).filter(name => name.startsWith('shelf-'))
    expect(pages).toEqual([0, 1, 2, 3, 4].map(page => `shelf-0/${page}`))
    expect(pages.filter(name => after[name] === before[name])).toEqual(['shelf-0/0', 'shelf-0/1'])
    const kept = JSON.parse(JSON.stringify(after)) as Record<string, unknown>
    expect(memoryOf(name => kept[name])).toEqual(JSON.parse(JSON.stringify(memory)))
  })

  test('names a page that is there no more', () => {
    const memory = home({ inMemory: true }).installation.memory()
    const { hub } = memory
    if (!hub) throw new Error('no hub')
    const mirror = { ...hub.mirror, log: { first: 3, pages: [[{ startMs: 0, value: 1 }]] } }
    const parts = partsOf({ ...memory, hub: { ...hub, mirror } })
    expect(Object.entries(parts).filter(([name]) => name.startsWith('mirror/'))).toEqual([
      ['mirror/3', [{ startMs: 0, value: 1 }]],
      ['mirror/2', undefined],
    ])
  })
})
