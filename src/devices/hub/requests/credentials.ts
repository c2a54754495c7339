/**
 * 6.15.1, 6.21, 6.23, 6.24.1: whose credentials a device holds. Renewing keeps the party; a change of supplier replaces it; a device
 * that the DCC controls is handed over first.
 * @source which party may be replaced by which request: DUIS, names of the requests; the rules: assumed
 */
import type { Credentials } from '../../../wan/messages/wan-types.generated.ts'
import type { Call } from './service.ts'
import { carryOutSteps } from './steps/carry-out.ts'
import { CERTIFICATE, ENTITY, flawIn, type Rules } from './steps/parameter-rules.ts'
import { stepsFor } from './steps/steps-for.ts'

const PARTY: Rules = { entityId: ENTITY, certificate: CERTIFICATE }
const ROLES: Rules = { role: { is: 'name', of: ['SUPPLIER', 'NETWORK_OPERATOR'] } }
const NOBODY = /^0*$/

type Update = Call<'updateCredentials'> | Call<'requestHandover'> | Call<'changeSupplier'>

export const readCredentials = (call: Call<'readCredentials'>): void => read(call, call.succeed)

export function updateCredentials(call: Call<'updateCredentials'>): void {
  const { role, entityId } = call.parameters
  change(call, { ...ROLES, ...PARTY }, role, held => {
    const holder = role === 'SUPPLIER' ? held.supplierId : held.networkOperatorId
    // Who is the first of its role is let in. @source assumed
    return NOBODY.test(holder) || holder === entityId ? undefined : `${holder} holds these credentials`
  })
}

export function requestHandover(call: Call<'requestHandover'>): void {
  change(call, PARTY, undefined, ({ control, supplierId }) =>
    control === 'CONTROLLED_BY_DCC' ? undefined : `the device is controlled by ${supplierId}`,
  )
}

export function changeSupplier(call: Call<'changeSupplier'>): void {
  change(call, PARTY, undefined, ({ control, supplierId }) => {
    if (control === 'CONTROLLED_BY_DCC') return 'the device is controlled by the DCC: a handover comes first'
    return supplierId === call.parameters.entityId ? `${supplierId} is the supplier already` : undefined
  })
}

/** Looks at what the device holds, then changes it. */
function change(
  call: Update,
  rules: Rules,
  way: string | undefined,
  refusal: (held: Credentials) => string | undefined,
): void {
  const { hub, device, target } = call
  const flaw = flawIn(call.parameters, rules)
  if (flaw) return call.fail('S1RIG_PARAMETER', flaw)
  read(call, held => {
    const refused = refusal(held)
    if (refused) return call.fail('S1RIG_REFUSED', refused)
    carryOutSteps(call, stepsFor(call, way), found => {
      // A meter writes it down itself.
      if (target === 'CHF' || target === 'GPF') hub.raise('8F70', 'security credentials updated', device)
      call.succeed(found as unknown as Credentials)
    })
  })
}

function read(call: Update | Call<'readCredentials'>, use: (held: Credentials) => void): void {
  carryOutSteps(call, stepsFor({ ...call, variant: '6.24.1' }), found => use(found as unknown as Credentials))
}
