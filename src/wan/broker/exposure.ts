/** Who can reach a broker of ours: this machine alone, unless what passes is sealed. */
import { UsageError } from '../../base/errors.ts'
import type { DoorAddress } from './door.ts'

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)

/** Reads `HOST:PORT`; IPv6 in brackets, `*` for every interface. @throws UsageError */
export function parseListen(text: string, option = '--mqtt-listen'): { host: string; port: number } {
  const [, v6, name = '', digits] = /^(?:\[([0-9a-fA-F:.%]+)\]|([\w.*-]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 0xffff) {
    throw new UsageError(`${option} "${text}": HOST:PORT expected, such as 0.0.0.0:8883; IPv6 in brackets`)
  }
  return { host: v6 ?? (name === '*' ? '0.0.0.0' : name), port }
}

/** @throws UsageError for a door to other machines without TLS, unless the lab insists */
export function checkExposure({ host, port, tls }: DoorAddress, insecureLab: boolean): void {
  const certified = tls?.cert !== undefined
  if (tls && !certified) {
    throw new UsageError('--mqtt-ca alone: a broker of ours needs a certificate of its own, --mqtt-cert and --mqtt-key')
  }
  if (certified || insecureLab || isLoopback(host)) return
  throw new UsageError(
    `broker on ${host}:${port}: other machines would read and write in the clear; give --mqtt-cert and --mqtt-key, ` +
      'or say --insecure-lab for a network of your own',
  )
}

/** It can be reached from other machines in the clear. */
export const isInsecure = ({ host, tls }: DoorAddress): boolean => !tls && !isLoopback(host)
