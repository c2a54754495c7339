/**
 * 6.2.7, 6.2.8, 6.20.1: what is asked of a gas meter, or of the gas proxy in its stead. The proxy gives what the meter last said; as
 * long as it knows nothing the meter is asked when it wakes. @source assumed
 */
import type { RequestKind } from '../../../wan/messages/requests.ts'
import type { Call } from './service.ts'
import { carryOutSteps } from './steps/carry-out.ts'
import { flawIn, MPAN, MPRN } from './steps/parameter-rules.ts'
import { stepsFor } from './steps/steps-for.ts'

export const readMpxn = (call: Call<'readMpxn'>): void => readProxied(call)
export const readGasSettings = (call: Call<'readGasSettings'>): void => readProxied(call)

export function setImportMpxn(call: Call<'setImportMpxn'>): void {
  const { hub, target, parameters } = call
  const flaw = flawIn(parameters, { importMpxn: target === 'GSME' ? MPRN : MPAN })
  if (flaw) return call.fail('S1RIG_PARAMETER', flaw)
  if (target === 'GSME') hub.settings.gasFacts.delete('6.2.7')
  carryOutSteps(call, stepsFor(call), found => call.succeed(found as never))
}

function readProxied<K extends RequestKind>(call: Call<K>): void {
  const { hub, target, variant } = call
  const { gasFacts } = hub.settings
  if (target !== 'GSME' && target !== 'GPF') return read(call)
  const known = target === 'GPF' ? gasFacts.get(variant) : undefined
  if (known) return call.succeed(known as never)
  const [meter] = [...hub.inventory].flatMap(([device, type]) => (type === 'GSME' ? [device] : []))
  if (meter === undefined) return call.fail('E21', 'there is no gas meter here')
  read({ ...call, device: meter, target: 'GSME' })

  function read(asked: Call<K>): void {
    carryOutSteps(asked, stepsFor(asked), found => {
      if (asked.target === 'GSME') gasFacts.set(variant, found)
      call.succeed(found as never)
    })
  }
}
