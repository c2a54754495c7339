/**
 * 8.7, 8.8: a device of the home may act on a meter or on the gas proxy, or no more. Asked of the display it means the same pair.
 * @source DUIS, names of the requests; what joining changes: assumed
 */
import type { Eui64 } from '../../../base/ids.ts'
import type { Target } from './asking.ts'
import type { Call } from './service.ts'
import { carryOutSteps } from './steps/carry-out.ts'
import { stepsFor } from './steps/steps-for.ts'

type JoinCall = Call<'joinDevice'> | Call<'unjoinDevice'>

export const joinDevice = (call: Call<'joinDevice'>): void => pair(call, '8.7')
export const unjoinDevice = (call: Call<'unjoinDevice'>): void => pair(call, '8.8')

interface Member {
  id: Eui64
  type: Target
}

function pair(call: JoinCall, what: '8.7' | '8.8'): void {
  const { hub, device, target, fail } = call
  const other = memberOf(call)
  const found = JSON.stringify(call.parameters.deviceId.slice(0, 16))
  if (!other) return fail('S1RIG_PARAMETER', `device_id: a device of this home expected, found ${found}`)
  const asked = { id: device, type: target }
  const [display, meter] = isDisplay(target) ? [asked, other] : [other, asked]
  if (!isDisplay(display.type) || isDisplay(meter.type) || meter.type === 'CHF') {
    return fail('S1RIG_PARAMETER', `device_id: a display and a meter expected, found ${target} and ${other.type}`)
  }
  // Acting on a meter is critical: it is not asked for by the variant that is not.
  const isCritical = call.variant === `${what}.1`
  if (isCritical === (meter.type === 'GPF')) {
    const expected = `${isCritical ? 'a meter' : 'the gas proxy'} and a display`
    return fail(
      'S1RIG_PARAMETER',
      `device_id: ${expected} expected for ${call.variant}, found ${target} and ${other.type}`,
    )
  }
  if (what === '8.7' && !hub.deviceLog.has(display.id)) return fail('S1RIG_REFUSED', `${display.id} is not listed`)
  if (meter.type === 'GPF') return atProxy(call, what, display.id)
  const atMeter = { ...call, device: meter.id, target: meter.type, parameters: { deviceId: display.id } }
  carryOutSteps(atMeter, stepsFor({ ...atMeter, variant: what }), joined => call.succeed(joined as never))
}

function memberOf({ hub, parameters: { deviceId: id } }: JoinCall): Member | undefined {
  const type = id === hub.gpfId ? 'GPF' : hub.inventory.get(id)
  return type && { id, type }
}

/** The gas proxy is the hub itself. */
function atProxy({ hub, succeed, fail }: JoinCall, what: '8.7' | '8.8', display: Eui64): void {
  const { gpfPartners } = hub.settings
  const done = what === '8.7' ? gpfPartners.join(display) !== 'full' : gpfPartners.unjoin(display)
  if (!done) {
    hub.raise(what === '8.7' ? '8F48' : '8F4A', what === '8.7' ? 'joining failed' : 'unjoining failed', display)
    return fail(
      what === '8.7' ? 'S1RIG_LOG_FULL' : 'S1RIG_REFUSED',
      what === '8.7' ? 'as many as can be are joined' : `${display} is not joined`,
    )
  }
  hub.raise('8071', 'GPF device log changed', display)
  succeed({ deviceIds: [...gpfPartners.list] })
}

const isDisplay = (type: Target): boolean => type === 'PPMID' || type === 'CAD' || type === 'IHD'
