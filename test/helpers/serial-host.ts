/**
 * A host as foreign software is one: opens a serial device with serialport, nothing of ours, and carries its octets to a TCP port
 * on loopback until one of the two ends. `node serial-host.ts DEVICE PORT`
 */
import { closeSync, readdirSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

// A child of a process that made a terminal holds its other end, too, and would never see it hung up.
for (const file of readdirSync('/proc/self/fd')) {
  if (linkOf(`/proc/self/fd/${file}`).endsWith('/ptmx')) closeSync(Number(file))
}
function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

const [path, port] = process.argv.slice(2)
const name: string = 'serialport'
const { SerialPort } = (await import(name)) as { SerialPort: new (options: object) => Duplex }

const device = new SerialPort({ path, baudRate: 115_200 })
device.on('error', () => process.exit(1))
device.on('close', () => process.exit(0))
device.on('open', () => {
  const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true })
  socket.on('error', () => process.exit(1))
  socket.on('close', () => process.exit(0))
  device.pipe(socket)
  socket.pipe(device)
})
