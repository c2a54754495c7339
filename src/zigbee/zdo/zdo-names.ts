/** ZDO commands as pairs: which response answers which request. */
import type { ZdoCommand } from '../frames/zdo.ts'

type Without<C, K extends string> = C extends unknown ? Omit<C, K> : never

/** Any request. */
export type ZdoRequest = Extract<ZdoCommand, { name: `${string}Request` }>
export type ZdoRequestName = ZdoRequest['name']
/** The response to a request of that name. */
export type ResponseTo<N extends ZdoRequestName> = N extends `${infer About}Request`
  ? Extract<ZdoCommand, { name: `${About}Response` }>
  : never

/** A command that has no sequence number yet. */
export type Unnumbered<C extends ZdoCommand> = Without<C, 'sequence'>

/** A request of that name, before it has a sequence number. */
export type Asking<N extends ZdoRequestName> = { name: N } & Unnumbered<Extract<ZdoRequest, { name: N }>>

/** The request a command is; undefined for the others. */
export const asRequest = (command: ZdoCommand): ZdoRequest | undefined =>
  command.name.endsWith('Request') ? (command as ZdoRequest) : undefined

/** Responses have the cluster id of their request and the highest bit. */
export const RESPONSE = 0x8000

/** Request types of NWK_addr_req and IEEE_addr_req. @source ZigBee PRO, 2.4.3.1.1 */
export const SINGLE_DEVICE = 0
export const EXTENDED = 1
