import { describe, expect, test } from 'vitest'
import { isFilter, isTopic, matches, within } from '../../src/wan/topic-filter.ts'

describe('a filter matches a topic as MQTT 3.1.1 section 4.7 says', () => {
  test.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon'],
    ['sport/#', 'sport'],
    ['#', 'sport'],
    ['sport/tennis/+', 'sport/tennis/player1'],
    ['sport/+', 'sport/'],
    ['+/+', '/finance'],
    ['/+', '/finance'],
    ['$SYS/#', '$SYS/broker'],
    ['$SYS/monitor/+', '$SYS/monitor/Clients'],
  ])('%s matches %s', (filter, topic) => {
    expect(matches(filter, topic)).toBe(true)
  })

  test.each([
    ['sport/tennis/+', 'sport/tennis/player1/ranking'],
    ['sport/+', 'sport'],
    ['+', '/finance'],
    ['#', '$SYS/broker'],
    ['+/monitor/Clients', '$SYS/monitor/Clients'],
    ['sport/#', 'sports'],
    ['sport', 'Sport'],
    ['sport/tennis', 'sport'],
    ['sport', 'sport/tennis'],
  ])('%s does not match %s', (filter, topic) => {
    expect(matches(filter, topic)).toBe(false)
  })
})

describe('a subscription is within a rule', () => {
  test.each([
    ['wan/newcastle/+/up', 'wan/newcastle/+/up'],
    ['wan/newcastle/+/up', 'wan/newcastle/10.0.0.1/up'],
    ['csp/file/smso/#', 'csp/file/smso/+'],
    ['csp/file/smso/#', 'csp/file/smso/#'],
    ['csp/file/smso/#', 'csp/file/smso'],
    ['#', 'wan/#'],
  ])('of %s: %s', (rule, filter) => {
    expect(within(rule, filter)).toBe(true)
  })

  test.each([
    ['wan/newcastle/+/up', '#'],
    ['wan/newcastle/+/up', '+/#'],
    ['wan/newcastle/+/up', 'wan/#'],
    ['wan/newcastle/+/up', 'wan/+/+/up'],
    ['wan/newcastle/+/up', 'wan/newcastle/#'],
    ['wan/newcastle/+/up', 'wan/newcastle/+/+'],
    ['wan/newcastle/+/up', 'wan/newcastle/+/up/#'],
    ['csp/file/smso/#', 'csp/file/+/#'],
    ['csp/file/smso/#', 'csp/file/#'],
    ['#', '$SYS/#'],
    ['wan/newcastle/+/up', '$share/group/wan/newcastle/+/up'],
  ])('of %s, but not: %s', (rule, filter) => {
    expect(within(rule, filter)).toBe(false)
  })
})

describe('names are well-formed', () => {
  test('a topic has no wildcards, no null character and at most 65535 octets', () => {
    expect(['a', '/', 'a/b', 'a'.repeat(65_535)].filter(isTopic)).toHaveLength(4)
    expect(['', 'a/+', 'a#', 'a\0b', 'a'.repeat(65_536), 'é'.repeat(32_768)].filter(isTopic)).toEqual([])
  })

  test('a wildcard fills its level, and # ends the filter', () => {
    expect(['#', '+', '+/#', 'a/+/b', '/+'].filter(isFilter)).toHaveLength(5)
    expect(['', 'a#', 'a/#/b', 'a/b+', '#/'].filter(isFilter)).toEqual([])
  })
})
