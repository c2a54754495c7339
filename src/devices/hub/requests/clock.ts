/** 6.11 and 8.1.1: a device's clock is read and set; commissioning sets it from the hub's. */
import { isSayable, unixMsOf, utcOf } from '../../zigbee-time.ts'
import { type Asking, readFrom, whenReachable, writeTo } from './asking.ts'
import type { Call } from './service.ts'

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
  whenReachable(call, () =>
    readTime(call, deviceClockBeforeMs => {
      const done = (deviceClockAfterMs: number) => succeed({ deviceClockBeforeMs, deviceClockAfterMs, adjusted })
      // A request held for a sleeper has grown old: the time it gives has gone on.
      if (adjusted) setTime(call, () => setToMs + (hub.clock.unixMs() - taken.atMs), done)
      else done(deviceClockBeforeMs)
    }),
  )
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
  whenReachable(call, () => setTime(call, () => hub.clock.unixMs(), done))
}

function readTime(asking: Asking, use: (unixMs: number) => void): void {
  readFrom(asking, 'Time', ['Time'], ({ Time }) => {
    const unixMs = Time === undefined ? undefined : unixMsOf(Time)
    if (unixMs === undefined) asking.fail('E21', 'the device shows no time')
    else use(unixMs)
  })
}

/** Writes the time and reads it back. */
function setTime(asking: Asking, unixMs: () => number, use: (afterMs: number) => void): void {
  writeTo(
    asking,
    'Time',
    () => ({ Time: utcOf(unixMs()) }),
    () => readTime(asking, use),
  )
}
