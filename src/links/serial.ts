/** A serial device: a stick, a modem, or the host's side of a pseudo terminal. */
import type { Duplex } from 'node:stream'
import { UsageError } from '../base/errors.ts'
import type { ByteLink } from '../ports/byte-link.ts'
import type { LinkOptions } from './link-end.ts'
import { redial } from './redial.ts'
import { reasonOf, StreamConnection } from './stream-connection.ts'

export const FLOW_CONTROLS = ['none', 'hardware', 'software'] as const
export const PARITIES = ['none', 'even', 'odd'] as const
export const DATA_BITS = [5, 6, 7, 8] as const
export const STOP_BITS = [1, 2] as const

export interface SerialAddress {
  /** `/dev/serial/by-id/…` stays the same device whatever else is plugged in. */
  path: string
  /** Bits a second. */
  baud: number
  flow: (typeof FLOW_CONTROLS)[number]
  parity: (typeof PARITIES)[number]
  dataBits: (typeof DATA_BITS)[number]
  stopBits: (typeof STOP_BITS)[number]
}

/** What is used of serialport's SerialPort. Written out here because the package need not be there. @source serialport 13 */
interface SerialPort extends Duplex {
  readonly isOpen: boolean
  close(done: (error: Error | null) => void): void
  drain(done: (error: Error | null) => void): void
  /** The modem lines. */
  get(done: (error: Error | null) => void): void
}
type SerialPortClass = new (options: object) => SerialPort

/**
 * serialport reads a device that was pulled in the middle of a read for ever, without a word and with all of a processor: a
 * read of a terminal that was hung up yields 0 octets, not an error. So the device is asked now and then whether it is there.
 * @source serialport 13.0.0, measured
 */
const LOOK_MS = 250
/** A pseudo terminal has no modem lines, and is there. */
const NO_MODEM_LINES = /inappropriate ioctl/i

/**
 * Opens the device, and again when it comes back after it was pulled. Rejects with a UsageError when the package serialport
 * is not there.
 */
export async function serialLink(address: SerialAddress, options: LinkOptions = {}): Promise<ByteLink> {
  const Port = await loadSerialPort()
  return redial(
    `serial:${address.path}`,
    events => {
      const port = new Port(portOptions(address))
      let look: NodeJS.Timeout | undefined
      // While it is being opened it cannot be closed yet.
      const close = () => {
        clearInterval(look)
        if (port.isOpen) port.close(() => {})
        else port.once('open', close)
      }
      const finish = () => void port.end(() => port.drain(close))
      const connection = new StreamConnection({ source: port, sink: port, finish, destroy: close }, events)
      port.once('open', () => {
        keepBothWaits(port)
        look = setInterval(() => {
          port.get(error => {
            if (error && !NO_MODEM_LINES.test(error.message)) connection.gone(`the device is gone: ${error.message}`)
          })
        }, LOOK_MS)
        events.opened()
      })
      return connection
    },
    options,
  )
}

/** What is used of serialport's inner parts. */
interface Poller {
  poll(events: number): void
  listenerCount(event: 'readable' | 'writable'): number
}
const READABLE = 1
const WRITABLE = 2

/**
 * serialport that begins to wait until it may write forgets that it waits for octets, too; a device that waits until its
 * octets are taken then waits for ever. Here it waits for both. @source serialport 13.0.0, bindings-cpp src/poller.cpp
 */
function keepBothWaits(port: SerialPort): void {
  const poller: Poller | undefined = Reflect.get(Object(Reflect.get(port, 'port')), 'poller')
  // Another version, or another system: it has no such trouble, or we cannot help it.
  if (typeof poller?.poll !== 'function' || typeof poller.listenerCount !== 'function') return
  const poll = poller.poll.bind(poller)
  poller.poll = events => {
    const reading = poller.listenerCount('readable') > 0 ? READABLE : 0
    const writing = poller.listenerCount('writable') > 0 ? WRITABLE : 0
    poll(events | reading | writing)
  }
}

const portOptions = ({ path, baud, flow, parity, dataBits, stopBits }: SerialAddress) => ({
  path,
  baudRate: baud,
  parity,
  dataBits,
  stopBits,
  rtscts: flow === 'hardware',
  xon: flow === 'software',
  xoff: flow === 'software',
})

async function loadSerialPort(): Promise<SerialPortClass> {
  // Not a literal: the compiler would want the package, too.
  const name: string = 'serialport'
  const found: unknown = await import(name).catch(error => {
    throw new UsageError(`serial lines need the package serialport 13: npm install serialport@13 (${reasonOf(error)})`)
  })
  const Port: unknown = found !== null && typeof found === 'object' ? Reflect.get(found, 'SerialPort') : undefined
  if (typeof Port !== 'function') throw new UsageError('the package serialport has no SerialPort: version 13 expected')
  return Port as SerialPortClass
}
