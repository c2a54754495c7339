import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { FileError, type FileProblem } from '../../src/base/errors.ts'
import { ACCESS, generateLogins, parseLogins, ROLES } from '../../src/wan/broker/access.ts'
import { mosquittoAcl } from '../../src/wan/broker/mosquitto.ts'
import { isFilter } from '../../src/wan/topic-filter.ts'

function problemsOf(json: string): readonly FileProblem[] {
  try {
    parseLogins(json, 'logins.json')
  } catch (error) {
    if (error instanceof FileError) return error.problems
    throw error
  }
  return []
}

describe('logins', () => {
  test('every login gets a password of its own, and a file brings the same ones back', () => {
    const logins = generateLogins(randomBytes)
    expect(new Set(Object.values(logins)).size).toBe(ROLES.length)
    expect(parseLogins(JSON.stringify(logins, undefined, 2), 'logins.json')).toEqual(logins)
  })

  test('a misspelt role is located, and the right one offered', () => {
    const logins = JSON.stringify({ ...generateLogins(randomBytes), smsoo: 'long-enough-password' }, undefined, 2)
    expect(problemsOf(logins)).toMatchObject([
      { code: 'logins.unknown-role', line: 7, column: 3, pointer: '/smsoo', hint: 'did you mean "smso"?' },
    ])
  })

  test('all that is wrong is told at once', () => {
    expect(problemsOf('{ "gateway": 5, "smso": "short", "s1sp": null }')).toMatchObject([
      { pointer: '/gateway', message: 'a password in quotes expected' },
      { pointer: '/smso', message: 'a password of 12 to 128 characters without control characters expected' },
      { pointer: '/s1sp', message: 'a password in quotes expected' },
      { code: 'logins.missing', message: 'no password for dcc, supplier' },
    ])
  })

  test.each(['', '[]', '5', '"x"', 'null'])('%j is not a login file', json => {
    expect(problemsOf(json)).toMatchObject([{ code: 'logins.shape' }])
  })

  test.each(['{ "smso": "a-password-of-it", "smso": "a-password-of-it" }', '{ "smso": '])(
    '%j is a located error',
    json => {
      expect(problemsOf(json).map(problem => problem.code)).toContain('logins.syntax')
    },
  )

  test.each(['toString', '__proto__', 'constructor'])('%s is no role', name => {
    const logins = JSON.stringify(generateLogins(randomBytes)).replace('{', `{"${name}":"long-enough-password",`)
    expect(problemsOf(logins)).toMatchObject([{ code: 'logins.unknown-role', pointer: `/${name}` }])
  })

  test('a password never stands in an error', () => {
    expect(
      problemsOf('{ "smso": "hunter2" }')
        .map(problem => problem.message)
        .join(),
    ).not.toContain('hunter2')
  })
})

describe('rules', () => {
  test('every rule is a well-formed filter', () => {
    const filters = Object.values(ACCESS).flatMap(rules => [...rules.publish, ...rules.subscribe])
    expect(filters.filter(filter => !isFilter(filter))).toEqual([])
  })

  test('no party but the gateway reaches the other APN', () => {
    const filters = (rules: { publish: readonly string[]; subscribe: readonly string[] }) =>
      [...rules.publish, ...rules.subscribe].filter(filter => filter.startsWith('wan/'))
    expect(filters(ACCESS.smso).filter(filter => !filter.startsWith('wan/newcastle/'))).toEqual([])
    expect(filters(ACCESS.s1sp).filter(filter => !filter.startsWith('wan/elster/'))).toEqual([])
    expect([...filters(ACCESS.dcc), ...filters(ACCESS.supplier)]).toEqual([])
  })

  test('mosquitto is given the same rules', () => {
    expect(mosquittoAcl({ smso: { publish: ['wan/newcastle/+/down'], subscribe: ['wan/newcastle/+/up'] } })).toBe(
      'user smso\ntopic write wan/newcastle/+/down\ntopic read wan/newcastle/+/up\n',
    )
  })
})
