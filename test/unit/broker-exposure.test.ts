import { expect, test } from 'vitest'
import { checkExposure, isInsecure, isLoopback, parseListen } from '../../src/wan/broker/exposure.ts'

const sealed = { cert: 'c', key: 'k' }

test.each([
  ['127.0.0.1:1883', { host: '127.0.0.1', port: 1883 }],
  ['*:8883', { host: '0.0.0.0', port: 8883 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['lab-1.example:65535', { host: 'lab-1.example', port: 65_535 }],
])('%s is where to listen', (text, where) => {
  expect(parseListen(text)).toEqual(where)
})

test.each(['1883', ':1883', 'host', 'host:', 'host:65536', '::1:1883', 'mqtt://host:1', 'a b:1', ''])(
  '"%s" is refused with what was expected',
  text => {
    expect(() => parseListen(text)).toThrow(`--mqtt-listen "${text}": HOST:PORT expected`)
  },
)

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is this machine alone', host => {
  expect(isLoopback(host)).toBe(true)
  expect(() => checkExposure({ host, port: 1 }, false)).not.toThrow()
  expect(isInsecure({ host, port: 1 })).toBe(false)
})

test.each(['0.0.0.0', '::', '192.168.1.20', '127.0.0.1.example', 'lab'])(
  '%s can be reached by others: with a certificate, or when the lab insists',
  host => {
    expect(() => checkExposure({ host, port: 1 }, false)).toThrow(/in the clear.*--mqtt-cert.*--insecure-lab/)
    expect(() => checkExposure({ host, port: 1, tls: sealed }, false)).not.toThrow()
    expect(() => checkExposure({ host, port: 1 }, true)).not.toThrow()
    expect([isInsecure({ host, port: 1 }), isInsecure({ host, port: 1, tls: sealed })]).toEqual([true, false])
  },
)

test('authorities alone make no broker', () => {
  expect(() => checkExposure({ host: '127.0.0.1', port: 1, tls: { ca: 'a' } }, true)).toThrow(/--mqtt-cert/)
})
