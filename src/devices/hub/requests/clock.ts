/** 6.11 and 8.1.1: a device's clock is read and set; commissioning sets it from the hub's. */
import { isSayable } from '../../zigbee-time.ts'
import type { Call } from './service.ts'
import { carryOutSteps } from './steps/carry-out.ts'
import { withNumbers } from './steps/found.ts'
import { stepsFor } from './steps/steps-for.ts'

export function synchroniseClock(call: Call<'synchroniseClock'>): void {
  const { hub, target, taken, parameters, succeed, fail } = call
  const { setToMs } = parameters
  const adjusted = setToMs !== undefined
  if (adjusted && !isSayable(setToMs)) {
    return fail('S1RIG_PARAMETER', `set_to_ms: an instant from 2000 to 2136 expected, found ${setToMs}`)
  }
  if (target === 'CHF' || target === 'GPF') {
    const deviceClockBeforeMs = hub.clock.unixMs()
    if (adjusted) hub.clock.set(setToMs)
    return succeed({ deviceClockBeforeMs, deviceClockAfterMs: hub.clock.unixMs(), adjusted })
  }
  const moment = {
    // A request held for a sleeper has grown old: the time it gives has gone on.
    get setToMs() {
      return adjusted ? setToMs + (hub.clock.unixMs() - taken.atMs) : undefined
    },
  }
  carryOutSteps({ ...clockless(call), parameters: moment }, stepsFor(call), found => {
    const { deviceClockBeforeMs: unchanged } = found
    const times = { deviceClockAfterMs: unchanged, ...found }
    withNumbers(
      call,
      times,
      ['deviceClockBeforeMs', 'deviceClockAfterMs'],
      ({ deviceClockBeforeMs, deviceClockAfterMs }) => succeed({ deviceClockBeforeMs, deviceClockAfterMs, adjusted }),
    )
  })
}

/** @source GBCS mapping of 8.1.1: the clock is set (ECS70, GCS28) [public] */
export function commissionDevice(call: Call<'commissionDevice'>): void {
  const { hub, device, target, succeed } = call
  const done = (deviceClockMs: number) => {
    hub.commissioned.add(device)
    hub.raise('8F69', 'device commissioned', device)
    succeed({ deviceClockMs, commissioned: true })
  }
  if (target === 'GPF') return done(hub.clock.unixMs())
  carryOutSteps(clockless(call), stepsFor(call), found =>
    withNumbers(call, found, ['deviceClockMs'], ({ deviceClockMs }) => done(deviceClockMs)),
  )
}

/** A clock that cannot be had or set is E21, whatever the device says. @source assumed */
const clockless = <C extends Call<'synchroniseClock'> | Call<'commissionDevice'>>(call: C): C => ({
  ...call,
  fail: (_code: string, detail?: string) => call.fail('E21', detail),
})
