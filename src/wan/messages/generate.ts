/** Writes `wan-types.generated.ts` from `wan.proto`: `npm run generate`. */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import protobuf from 'protobufjs'
import { loadSchema } from './schema.ts'

const SCALARS: Record<string, string> = {
  string: 'string',
  bytes: 'Uint8Array',
  bool: 'boolean',
  uint32: 'number',
  sint32: 'number',
  uint64: 'number',
}

/** The text of `wan-types.generated.ts`. Throws TypeError for a kind of field the contract does not use so far. */
export function renderTypes(schema: protobuf.Namespace): string {
  const out = [
    '/** Generated from wan.proto by `npm run generate`. Do not edit. uint64 fields are at most 2^53 - 1. */',
  ]
  renderNamespace(schema, out)
  return `${out.join('\n')}\n`
}

function renderNamespace(namespace: protobuf.NamespaceBase, out: string[]): void {
  for (const nested of namespace.nestedArray) {
    if (nested instanceof protobuf.Enum) renderEnum(nested, out)
    else if (nested instanceof protobuf.Type) {
      renderMessage(nested, out)
      renderNamespace(nested, out)
    }
  }
}

function renderEnum(declared: protobuf.Enum, out: string[]): void {
  out.push('', ...comment(declared.comment, ''))
  const names = Object.keys(declared.values)
  out.push(`export type ${typeName(declared)} = ${names.map(name => `'${name}'`).join(' | ')}`)
}

function renderMessage(type: protobuf.Type, out: string[]): void {
  out.push('', ...comment(type.comment, ''))
  if (type.fieldsArray.length === 0) {
    out.push(`export type ${typeName(type)} = Record<string, never>`)
    return
  }
  out.push(`export interface ${typeName(type)} {`)
  for (const field of type.fieldsArray) {
    const group = field.partOf
    const note = group && group.fieldsArray.length > 1 ? [`One of \`${group.name}\`.`] : []
    out.push(...comment([field.comment, ...note].filter(Boolean).join('\n'), '  '))
    out.push(`  ${field.name}${group ? '?' : ''}: ${fieldType(field)}`)
  }
  out.push('}')
}

function fieldType(field: protobuf.Field): string {
  const single = field.resolvedType ? typeName(field.resolvedType) : SCALARS[field.type]
  if (single === undefined || field.map) throw new TypeError(`${field.fullName}: no TypeScript type for ${field.type}`)
  return field.repeated ? `readonly ${single}[]` : single
}

/** Nested names are joined: `UpdateDeviceLog.Add` is `UpdateDeviceLogAdd`. */
function typeName(declared: protobuf.Type | protobuf.Enum): string {
  return declared.parent instanceof protobuf.Type ? typeName(declared.parent) + declared.name : declared.name
}

function comment(text: string | null, indent: string): string[] {
  const lines = text?.split('\n') ?? []
  if (lines.length === 0 || text === '') return []
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`]
  return [`${indent}/**`, ...lines.map(line => `${indent} * ${line}`.trimEnd()), `${indent} */`]
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(new URL('./wan-types.generated.ts', import.meta.url), renderTypes(loadSchema()))
}
