/** A line by its text. */
import type { ByteLink } from '../ports/byte-link.ts'
import { parseLinkAddress } from './link-address.ts'
import type { LinkOptions } from './link-end.ts'
import { ptyLink } from './pty.ts'
import { serialLink } from './serial.ts'
import { tcpLink, tcpListener } from './tcp.ts'

/**
 * Opens `tcp://HOST:PORT` (connects), `tcp-listen://HOST:PORT` (waits for a peer), `pty:/PATH` (waits for a host that opens it)
 * or `serial:/DEVICE?baud=…&flow=…`. The other side need not be there yet: the link is down until it is, and `onTrouble` hears why.
 * Rejects with a UsageError when the text is no line, the port is taken, or a package it needs is missing.
 */
export async function openLink(text: string, options: LinkOptions = {}): Promise<ByteLink> {
  const address = parseLinkAddress(text)
  switch (address.kind) {
    case 'tcp':
      return tcpLink(address, options)
    case 'tcp-listen':
      return tcpListener(address, options)
    case 'pty':
      return ptyLink(address, options)
    case 'serial':
      return serialLink(address, options)
    default:
      return address satisfies never
  }
}
