/** Ports on a lab's network: which addresses may be named, and the bounds of what passes. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseLabAddress } from '../../src/links/lab-address.ts'
import { type RawLimits, RawPort } from '../../src/links/raw-port.ts'

test.each([
  ['tcp://192.168.7.20:4059', { protocol: 'tcp', address: '192.168.7.20', port: 4059, loopback: false }],
  ['udp://10.1.2.3:1', { protocol: 'udp', address: '10.1.2.3', port: 1, loopback: false }],
  ['udp://[fd00::20]:65535', { protocol: 'udp', address: 'fd00::20', port: 65_535, loopback: false }],
  ['tcp://169.254.1.1:80', { protocol: 'tcp', address: '169.254.1.1', port: 80, loopback: false }],
  ['tcp://127.0.0.1:22', { protocol: 'tcp', address: '127.0.0.1', port: 22, loopback: true }],
  ['tcp://[::1]:22', { protocol: 'tcp', address: '::1', port: 22, loopback: true }],
])('%s is a port of a lab', (text, read) => {
  expect(parseLabAddress(text)).toEqual(read)
})

test.each([
  'tcp://8.8.8.8:53',
  'tcp://172.32.0.1:80',
  'tcp://0.0.0.0:80',
  'udp://255.255.255.255:80',
  'udp://224.0.0.1:80',
  'tcp://[2001:db8::1]:80',
  'tcp://[::]:80',
  'tcp://[::ffff:8.8.8.8]:80',
  'tcp://[::ffff:127.0.0.1]:80',
])('%s is none', text => {
  expect(() => parseLabAddress(text)).toThrow(/private address expected|an IP address and no name/)
})

test.each([
  'tcp://hub.lab:80',
  'tcp://192.168.7.20',
  'tcp://192.168.7.20:0',
  'tcp://192.168.7.20:65536',
  'http://10.0.0.1:1',
  'tcp://0x7f.1:80',
  'tcp://010.0.0.1:80',
  'tcp://10.1:80',
  'tcp://user@10.0.0.1:80',
])('%s is not even an address', text => {
  expect(() => parseLabAddress(text)).toThrow(/ADDRESS an IP address and no name/)
})

/** A port whose hub does what `onHub` does. */
async function port(limits: Partial<RawLimits>, onHub: (socket: Socket) => void) {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    onHub(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const closed: string[] = []
  const made = new RawPort({
    target: parseLabAddress(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`),
    onOctets: () => {},
    onOpen: () => {},
    onClosed: reason => closed.push(reason),
    limits,
  })
  onTestFinished(() => {
    made.close('the test is over')
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { made, closed, sockets }
}

test('a hub that reads nothing is sent no more than the bound', async () => {
  const { made } = await port({ octetsPerS: 2 ** 30, mostWaiting: 65_536 }, socket => socket.pause())
  const chunk = new Uint8Array(16_384)
  let answer: string | undefined
  for (let sent = 0; sent < 4_000 && answer === undefined; sent++) {
    answer = made.send(chunk)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(answer).toBe('busy')
})

test('a connection over which nothing passes is closed', async () => {
  const { made, closed } = await port({ idleMs: 50 }, () => {})
  made.send(new Uint8Array())
  await vi.waitFor(() => expect(closed).toEqual(['nothing has passed for 0.05 s']), 15_000)
})

test('a second is worth so many octets, an empty message some of them', async () => {
  const { made } = await port({ octetsPerS: 640 }, () => {})
  const answers = Array.from({ length: 1_000 }, () => made.send(new Uint8Array()))
  expect(answers.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined))
  expect(answers).toContain('rate')
})
