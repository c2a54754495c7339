import { beforeEach, describe, expect, it } from 'vitest'
import { linkCost, Neighbours } from '../../src/zigbee/nwk/neighbours.ts'

const OWN = 0x5000
const status = (links: [address: number, incoming: number][], part = { firstFrame: true, lastFrame: true }) => ({
  name: 'LinkStatus' as const,
  ...part,
  links: links.map(([address, incoming]) => ({ address, cost: { incoming, outgoing: 1 } })),
})

let gone: number[]
let neighbours: Neighbours
beforeEach(() => {
  gone = []
  neighbours = new Neighbours(address => gone.push(address))
})

describe('what a link costs', () => {
  it('rises from 1 to 7 as it is heard less well', () => {
    expect([255, 146, 100, 99, 60, 45, 30, 20, 13, 0].map(linkCost)).toEqual([1, 1, 1, 2, 3, 4, 5, 6, 7, 7])
  })

  it('is that of its worse direction', () => {
    neighbours.heard(1, 255)
    expect(neighbours.cost(1)).toBe(1)
    neighbours.told(1, status([[OWN, 5]]), OWN)
    expect(neighbours.cost(1)).toBe(5)
    neighbours.heard(2, 0)
    neighbours.told(2, status([[OWN, 1]]), OWN)
    expect(neighbours.cost(2)).toBe(7)
  })

  it('follows what is heard, slowly', () => {
    neighbours.heard(1, 255)
    const costs = Array.from({ length: 12 }, () => {
      neighbours.heard(1, 0)
      return neighbours.cost(1) ?? 0
    })
    expect(costs[0]).toBe(1)
    expect(costs.at(-1)).toBe(7)
    expect(costs).toEqual(costs.toSorted((a, b) => a - b))
  })
})

describe('no neighbour', () => {
  it('is who was never heard', () => {
    neighbours.told(1, status([[OWN, 1]]), OWN)
    expect(neighbours.cost(1)).toBeUndefined()
  })

  it('is who does not hear this node', () => {
    neighbours.heard(1, 255)
    neighbours.told(1, status([[2, 1]]), OWN)
    expect(neighbours.cost(1)).toBeUndefined()
    expect(gone).toEqual([1])
  })

  it('is who missed more than three link statuses, and is one again when heard again', () => {
    neighbours.heard(1, 255)
    neighbours.heard(2, 255)
    for (let period = 0; period < 4; period++) {
      neighbours.told(2, status([[OWN, 1]]), OWN)
      neighbours.heard(1, 255)
      neighbours.age()
    }
    expect([1, 2].map(address => neighbours.cost(address))).toEqual([undefined, 1])
    expect(gone).toEqual([1])
    neighbours.heard(1, 255)
    expect(neighbours.cost(1)).toBe(1)
  })
})

describe('a list in several frames', () => {
  it.each([
    ['the first, which ends before this node', [[1, 1]], { firstFrame: true, lastFrame: false }, 3],
    ['the last, which begins after this node', [[0x6000, 1]], { firstFrame: false, lastFrame: true }, 3],
    [
      'the one that should name it',
      [
        [1, 1],
        [0x6000, 1],
      ],
      { firstFrame: false, lastFrame: false },
      undefined,
    ],
    [
      'the one that names it',
      [
        [1, 1],
        [OWN, 6],
      ],
      { firstFrame: false, lastFrame: false },
      6,
    ],
  ] as [string, [number, number][], { firstFrame: boolean; lastFrame: boolean }, number | undefined][])(
    'by %s',
    (_, links, part, cost) => {
      neighbours.heard(9, 255)
      neighbours.told(9, status([[OWN, 3]]), OWN)
      neighbours.told(9, status(links, part), OWN)
      expect(neighbours.cost(9)).toBe(cost)
    },
  )
})

it('of more neighbours than there is room for, the silent, the deaf and the badly heard go', () => {
  neighbours.heard(1000, 0)
  neighbours.heard(1001, 255)
  neighbours.age()
  for (let address = 1; address <= 62; address++) neighbours.heard(address, 200)
  neighbours.told(1001, status([]), OWN)
  gone = []
  neighbours.heard(63, 200)
  neighbours.heard(64, 10)
  neighbours.heard(65, 200)
  expect(neighbours.list()).toHaveLength(64)
  expect(gone).toEqual([1000, 1001, 64])
})
