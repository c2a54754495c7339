/**
 * A host as foreign software is one: opens a serial device with serialport, nothing of ours, and carries its octets to a TCP port
 * on loopback until one of the two ends. `node serial-host.ts DEVICE PORT`
 */
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

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
