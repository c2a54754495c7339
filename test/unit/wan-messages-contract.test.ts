import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { renderTypes } from '../../src/wan/messages/generate.ts'
import { kindOf, REQUEST_KINDS, requestOf, SERVICE_REFERENCE_VARIANTS } from '../../src/wan/messages/requests.ts'
import { RESPONSE_CODES } from '../../src/wan/messages/response-codes.ts'
import { loadSchema } from '../../src/wan/messages/schema.ts'

const schema = loadSchema()
const members = (type: string, oneof: string) => schema.lookupType(type).oneofs[oneof]?.fieldsArray ?? []

function allTypes(namespace: protobuf.NamespaceBase): (protobuf.Type | protobuf.Enum)[] {
  return namespace.nestedArray.flatMap(nested =>
    nested instanceof protobuf.Type ? [nested, ...allTypes(nested)] : nested instanceof protobuf.Enum ? [nested] : [],
  )
}

describe('the published contract', () => {
  test('the generated types are those of wan.proto (npm run generate)', () => {
    const generated = new URL('../../src/wan/messages/wan-types.generated.ts', import.meta.url)
    expect(readFileSync(generated, 'utf8')).toBe(renderTypes(schema))
  })

  test('every message, field and value says what it is', () => {
    const silent = allTypes(schema).flatMap(type => {
      const parts =
        type instanceof protobuf.Type
          ? type.fieldsArray.map(field => [field.name, field.comment])
          : Object.keys(type.values).map(name => [name, type.comments[name]])
      return [['', type.comment], ...parts].filter(([, said]) => !said).map(([name]) => `${type.name} ${name}`)
    })
    expect(silent).toEqual([])
  })

  test('the authentication code is field 15, and nothing of the message comes after it', () => {
    const { fieldsArray } = schema.lookupType('WanMessage')
    expect(Math.max(...fieldsArray.map(field => field.id))).toBe(15)
    expect(fieldsArray.find(field => field.id === 15)).toMatchObject({ name: 'authenticationCode', type: 'bytes' })
  })

  test('every request has a result of the same name and number, and a variant', () => {
    const numbered = (fields: protobuf.Field[]) => fields.map(field => [field.name, field.id])
    expect(numbered(members('Response', 'result'))).toEqual(numbered(members('Request', 'parameters')))
    expect(members('Request', 'parameters').map(field => field.name)).toEqual(REQUEST_KINDS)
  })

  test.each(REQUEST_KINDS)('the comment on %s begins with its variant', kind => {
    const comment = schema.lookupType('Request').fields[kind]?.comment
    expect(comment?.split(/\.? /)[0]).toBe(SERVICE_REFERENCE_VARIANTS[kind])
  })

  test('the response codes are those the contract lists, in the same words', () => {
    const comment = schema.lookupType('Response').fields.code?.comment ?? ''
    const listed = [...comment.matchAll(/^([A-Z]\w+) {2,}(.+?)(?: \(ours\))?$/gm)].map(([, code, text]) => [code, text])
    expect(Object.fromEntries(listed)).toEqual(RESPONSE_CODES)
  })
})

test('a request knows its kind and variant', () => {
  const request = requestOf('readLog', { log: 'EVENT', maxEntries: 10 })
  expect(request.serviceReferenceVariant).toBe('6.13')
  expect(kindOf(request)).toBe('readLog')
  expect(kindOf({ serviceReferenceVariant: '7.7' })).toBeUndefined()
})
