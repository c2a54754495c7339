/**
 * Who may ask what. A head-end asks on behalf of any user; an originator named after a user's role, such as `ed` or
 * `gs-north`, asks what that role may; the DCO countersigns and asks nothing; any other name is a lab's own and unbound.
 * @source eligible user roles: DUIS; that a hub holds keys of users: assumed, in life the S1SP is between them
 */
import { SERVICE_CATALOGUE, type ServiceRow, USER_ROLES, type UserRole } from './service-catalogue.ts'

const ROLES: ReadonlyMap<string, UserRole> = new Map(USER_ROLES.map(role => [role.toLowerCase(), role]))

/** False: E4. */
export function mayAsk(originator: string, row: ServiceRow): boolean {
  const name = originator.split('-', 1)[0] ?? ''
  const role = ROLES.get(name)
  return role ? row.roles.includes(role) : name !== 'dco'
}

/** Whether the DCO authenticates it where the Group asks for that: not for the SMSO, which commands its own. @source assumed */
export function passesDco(originator: string, variant: string): boolean {
  return originator !== 'smso' && (SERVICE_CATALOGUE.get(variant)?.critical ?? false)
}

/** Whether the device must be commissioned for it: the SMSO's own installations never are, for the DCC knows nothing of them. */
export function needsCommissioning(originator: string, row: ServiceRow): boolean {
  return row.commissioned && originator !== 'smso'
}
