import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { decodeMessage, encodeMessage, verifyCountersignature, verifyMessage } from '../../src/wan/messages/codec.ts'
import { REQUEST_KINDS } from '../../src/wan/messages/requests.ts'
import { stranger } from './strangers.ts'
import { SAMPLES } from './wan-messages.ts'

const protoc = stranger('protoc')
const openssl = stranger('openssl')
const folder = fileURLToPath(new URL('../../src/wan/messages', import.meta.url))

function run(program: string | undefined, args: string[], input: string | Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program ?? '', args, { input })
  if (status !== 0) throw error ?? new Error(stderr.toString())
  return stdout
}

const protocEncode = (text: string) =>
  run(protoc.path, ['-I', folder, '--encode=s1rig.wan.v1.WanMessage', 'wan.proto'], text)
const protocDecode = (octets: Uint8Array) =>
  run(protoc.path, ['-I', folder, '--decode=s1rig.wan.v1.WanMessage', 'wan.proto'], octets).toString()
const opensslMac = (octets: Uint8Array, key: Uint8Array) =>
  run(
    openssl.path,
    ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${Buffer.from(key).toString('hex')}`, '-binary'],
    octets,
  )

describe.skipIf(!protoc.available || !openssl.available)('protoc and openssl', () => {
  const key = randomBytes(32)

  describe.each(SAMPLES)('$name', ({ text, message }) => {
    test('made with protoc, openssl and printf, we read and verify it', () => {
      const authenticated = protocEncode(text)
      const octets = Buffer.concat([authenticated, Buffer.from('7a20', 'hex'), opensslMac(authenticated, key)])
      const decoded = decodeMessage(octets)
      expect(decoded.message).toEqual(message)
      expect(verifyMessage(decoded, key)).toBe(true)
      expect(verifyMessage(decoded, randomBytes(32))).toBe(false)
    })

    test('made by us, it is the same octets, and protoc reads it', () => {
      const octets = encodeMessage(message, key)
      const authenticated = protocEncode(text)
      const mac = opensslMac(authenticated, key)
      expect(Buffer.from(octets).toString('hex')).toBe(`${authenticated.toString('hex')}7a20${mac.toString('hex')}`)
      const read = protocDecode(octets)
      expect(read.slice(0, read.indexOf('authentication_code: '))).toBe(text)
    })
  })

  test('the recipe in docs/wan.md makes a message in any POSIX shell', () => {
    const page = readFileSync(new URL('../../docs/wan.md', import.meta.url), 'utf8')
    const [encode = '', close = ''] = /```sh\n([^`]*)```/.exec(page)?.[1]?.split('\n') ?? []
    const cwd = mkdtempSync(join(tmpdir(), 's1rig-recipe-'))
    copyFileSync(join(folder, 'wan.proto'), join(cwd, 'wan.proto'))
    for (const { text, message } of SAMPLES.slice(0, 3)) {
      writeFileSync(join(cwd, 'request.txt'), text)
      const env = { ...process.env, KEY: key.toString('hex') }
      execFileSync('sh', ['-ec', `${encode}\n${close}`], { cwd, env })
      const decoded = decodeMessage(readFileSync(join(cwd, 'message')))
      expect(decoded.message).toEqual(message)
      expect(verifyMessage(decoded, key)).toBe(true)
    }
    rmSync(cwd, { recursive: true })
  })

  test('the recipe in docs/wan.md makes a message that the DCO has countersigned', () => {
    const page = readFileSync(new URL('../../docs/wan.md', import.meta.url), 'utf8')
    const [, recipe = ''] = page.match(/```sh\n[^`]*```/g)?.map(block => block.slice(6, -3)) ?? []
    const cwd = mkdtempSync(join(tmpdir(), 's1rig-recipe-'))
    const dcoKey = randomBytes(32)
    for (const { text, message } of SAMPLES.slice(0, 3)) {
      writeFileSync(join(cwd, 'body'), protocEncode(text))
      const env = { ...process.env, KEY: key.toString('hex'), DCO_KEY: dcoKey.toString('hex') }
      execFileSync('sh', ['-ec', recipe], { cwd, env })
      const octets = readFileSync(join(cwd, 'message'))
      const decoded = decodeMessage(octets)
      expect(decoded.message).toEqual(message)
      expect([verifyMessage(decoded, key), verifyCountersignature(decoded, dcoKey)]).toEqual([true, true])
      expect(verifyCountersignature(decoded, randomBytes(32))).toBe(false)
      expect(Buffer.from(encodeMessage(message, key, dcoKey)).equals(octets)).toBe(true)
      expect(protocDecode(octets)).toContain('dco_authentication_code: ')
    }
    rmSync(cwd, { recursive: true })
  })

  test('there is a sample of every kind of request and of its result', () => {
    for (const kind of REQUEST_KINDS) {
      expect(
        SAMPLES.filter(({ message }) => message.request?.[kind]),
        `request ${kind}`,
      ).not.toEqual([])
      expect(
        SAMPLES.filter(({ message }) => message.response?.[kind]),
        `response ${kind}`,
      ).not.toEqual([])
    }
  })
})
