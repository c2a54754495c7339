/** The published contract, `wan.proto`, as protobufjs reflection. */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

/** Package of the contract; a change that breaks readers gets a new one. */
export const PACKAGE = 's1rig.wan.v1'

/** Parses `wan.proto`, which stands beside this file in the sources and in what is published. Comments are kept. */
export function loadSchema(): protobuf.Namespace {
  const text = readFileSync(new URL('./wan.proto', import.meta.url), 'utf8')
  const { root } = protobuf.parse(text, { alternateCommentMode: true })
  root.resolveAll()
  const found = root.lookup(PACKAGE)
  if (!(found instanceof protobuf.Namespace)) throw new TypeError(`wan.proto does not declare package ${PACKAGE}`)
  return found
}
