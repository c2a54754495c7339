import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { parseLinkAddress } from '../../src/links/link-address.ts'

describe('the text of a line', () => {
  test.each([
    ['tcp://stick.lab:6638', { kind: 'tcp', host: 'stick.lab', port: 6638 }],
    ['tcp://[fe80::1]:6638/', { kind: 'tcp', host: 'fe80::1', port: 6638 }],
    ['tcp-listen://:0', { kind: 'tcp-listen', host: '127.0.0.1', port: 0 }],
    ['tcp-listen://0.0.0.0:6638', { kind: 'tcp-listen', host: '0.0.0.0', port: 6638 }],
    ['pty:/tmp/stick', { kind: 'pty', path: '/tmp/stick' }],
  ])('%s is a line', (text, address) => {
    expect(parseLinkAddress(text)).toEqual(address)
  })

  test('a serial device has usual settings, and those that are named', () => {
    const usual = { kind: 'serial', baud: 115_200, flow: 'none', parity: 'none', dataBits: 8, stopBits: 1 }
    expect(parseLinkAddress('serial:/dev/ttyUSB0')).toEqual({ ...usual, path: '/dev/ttyUSB0' })
    expect(parseLinkAddress('serial:/dev/x?baud=9600&flow=hardware&parity=even&data=7&stop=2')).toEqual({
      ...usual,
      ...{ path: '/dev/x', baud: 9_600, flow: 'hardware', parity: 'even', dataBits: 7, stopBits: 2 },
    })
  })

  test.each([
    ['', 'no line ""; expected one of tcp://'],
    ['/dev/ttyUSB0', 'did you mean "serial:/dev/ttyUSB0"?'],
    ['localhost:6638', 'did you mean "tcp://localhost:6638"?'],
    ['tpc://a:1', 'did you mean "tcp://a:1"?'],
    ['tcp:a:1', 'did you mean "tcp://a:1"?'],
    ['tcp://a', 'tcp://HOST:PORT expected'],
    ['tcp://:1', 'did you mean "tcp://127.0.0.1:1"?'],
    ['tcp://a:0', 'port 0 found, 1 to 65535 expected'],
    ['tcp://a:65536', 'port 65536 found'],
    ['tcp://a:1/path', 'tcp://HOST:PORT expected'],
    ['pty:stick', 'did you mean "pty:/tmp/stick"?'],
    ['pty:/tmp/x,perm=777', 'letters, digits'],
    ['serial:ttyUSB0', 'did you mean "serial:/dev/ttyUSB0"?'],
    ['serial:///dev/x', 'did you mean "serial:/dev/x"?'],
    ['serial:/dev/x?buad=9600', 'did you mean "baud"?'],
    ['serial:/dev/x?baud=fast', 'baud=fast found, a whole number of 1 to 4000000 expected'],
    ['serial:/dev/x?flow=hardwear', 'did you mean "hardware"?'],
    ['serial:/dev/x?data=9', 'data=9 found, 5, 6, 7, 8 expected'],
    ['serial:/dev/x?baud=1&baud=2', 'baud is set twice'],
    ['serial:/dev/x?baud', 'baud=VALUE expected'],
    [`tcp://${'a'.repeat(5_000)}`, '…'],
  ])('%s is refused with what was expected', (text, problem) => {
    let refused: unknown
    try {
      parseLinkAddress(text)
    } catch (error) {
      refused = error
    }
    expect(refused).toBeInstanceOf(UsageError)
    expect(String(refused)).toContain(problem)
    expect(String(refused).length).toBeLessThan(400)
  })
})
