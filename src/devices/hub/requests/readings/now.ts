/** 4.15, 4.16: the load limit, and the power imported now. */
import type { Call } from '../service.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { gather } from './gather.ts'

export function readLoadLimitData(call: Call<'readLoadLimitData'>): void {
  gather(call, stepsFor(call), found => {
    const of = (name: string) => found.get(name) ?? 0
    if (found.get('thresholdW') === undefined) return call.fail('E21', 'the meter gives no load limit')
    call.succeed({
      thresholdW: of('thresholdW'),
      periodS: of('periodS'),
      restorationS: of('restorationS'),
      counter: of('counter'),
    })
  })
}

export function readActivePowerImport(call: Call<'readActivePowerImport'>): void {
  gather(call, stepsFor(call), found => {
    const powerW = found.get('activePowerW')
    if (powerW === undefined) return call.fail('E21', 'the meter gives no power')
    call.succeed({ activePowerW: Math.max(0, powerW), readAtMs: call.hub.clock.unixMs() })
  })
}
