/** A session of one context with an access point: asked for, let go, ended by the network. @source 3GPP TS 27.007, 10.1 */
import type { Apn, AttachRefusal } from '../../ports/wan.ts'
import { activate, address, addressOf, attachToPackets, define, refusalOf } from './commands.ts'
import type { Procedure } from './procedure.ts'

/** The address there is; or why there is none, where the modem says so. */
export type Opened = { ip: string } | { refused: AttachRefusal | undefined }

export function* openSession(cid: number, apn: Apn): Procedure<Opened> {
  yield activate(cid, false)
  const defined = yield define(cid, apn)
  const attached = defined.is === 'ok' ? yield attachToPackets() : defined
  const activated = attached.is === 'ok' ? yield activate(cid, true) : attached
  if (activated.is === 'silent') return { refused: 'no-coverage' }
  if (activated.is !== 'ok') return { refused: refusalOf(activated) }
  const ip = addressOf(yield address(cid), cid)
  if (ip !== undefined) return { ip }
  yield activate(cid, false)
  return { refused: 'no-address' }
}

export function* closeSession(cid: number): Procedure {
  yield activate(cid, false)
}

/** A packet domain event that ends the session of a context, or all of them. @source 3GPP TS 27.007, 10.1.19 */
export function endsSession(line: string, cid: number): boolean {
  if (/^\+CGEV: (NW|ME) DETACH/.test(line)) return true
  const named = /^\+CGEV: NW (?:PDN )?DEACT .*?(\d+)$/.exec(line)?.[1]
  return named !== undefined && Number(named) === cid
}
