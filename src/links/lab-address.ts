/** Ports of machines on a lab's own network: `tcp://192.168.7.20:4059`, `udp://[fd00::20]:4059`. Addresses, never names. */
import { BlockList, isIP } from 'node:net'
import { UsageError } from '../base/errors.ts'

export interface LabAddress {
  protocol: 'tcp' | 'udp'
  /** IPv4 or IPv6, as it was written. */
  address: string
  port: number
  /** It is a port of this machine. */
  loopback: boolean
}

const listOf = (subnets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList => {
  const list = new BlockList()
  for (const [net, prefix, family] of subnets) list.addSubnet(net, prefix, family)
  return list
}
const LOOPBACK = listOf([
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
])
/** @source RFC 1918, RFC 3927, RFC 4193, RFC 4291 */
const PRIVATE = listOf([
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
])

/** Throws UsageError: what was found, what was expected. */
export function parseLabAddress(text: string): LabAddress {
  const found = /^(tcp|udp):\/\/(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text)
  const [, protocol, v6, v4, digits] = found ?? []
  const address = v6 ?? v4 ?? ''
  const family = isIP(address)
  const port = Number(digits)
  if ((protocol !== 'tcp' && protocol !== 'udp') || family === 0 || port < 1 || port > 0xffff) {
    throw new UsageError(
      `"${text}": tcp://ADDRESS:PORT or udp://ADDRESS:PORT expected, ADDRESS an IP address and no name`,
    )
  }
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const loopback = LOOPBACK.check(address, kind)
  if (!loopback && !PRIVATE.check(address, kind)) {
    throw new UsageError(
      `"${text}": a private address expected, such as 192.168.7.20; ${address} is none of a lab's network`,
    )
  }
  return { protocol, address, port, loopback }
}
