/** 4.4.2, 4.4.3, 4.6.1, 4.6.2: registers as they stood, as snapshots of the meter, or as the gas proxy noted them at midnight. */
import { WireError } from '../../../../base/errors.ts'
import { fromZigbeeUtc } from '../../../../base/time.ts'
import type { BillingEntry, DailyRead, Unit } from '../../../../wan/messages/wan-types.generated.ts'
import { UNIT } from '../../../meter-registers.ts'
import { decodeSnapshot } from '../../../metering/han/snapshots.ts'
import { billingEntry, inUnits, type TakenSnapshot } from '../../mirrored-snapshot.ts'
import type { Asking } from '../asking.ts'
import type { Call } from '../service.ts'
import { carryOutSteps } from '../steps/carry-out.ts'
import { entriesIn } from '../steps/found.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { gasMeterOf, mirroredLog } from './mirrored.ts'
import { payments } from './payments.ts'
import { type Span, spanFault } from './spans.ts'

type SnapshotCall = (Call<'readBillingDataLog'> | Call<'readImportDailyLog'> | Call<'readExportDailyLog'>) & Asking
/** All there are. */
const ALWAYS: Span = { fromMs: fromZigbeeUtc(0), toMs: fromZigbeeUtc(0xffff_fffe) }

export function readBillingDataLog(call: Call<'readBillingDataLog'>): void {
  if (call.variant === '4.4.4' || call.variant === '4.4.5') return payments(call)
  const mirrored = mirroredLog(call, ({ billing }) => billing)
  if (mirrored) {
    const { value, unit, from } = mirrored
    const isWanted = ({ cause }: BillingEntry) => (cause === 'BILLING_CALENDAR') === (call.variant === '4.4.3')
    return call.succeed({ entries: value.filter(isWanted), payments: [], unit, ...from })
  }
  const asked = gasMeterOf(call)
  if (!asked) return call.fail('E21', 'there is no gas meter here')
  readSnapshots(asked, ALWAYS, (taken, unit) =>
    call.succeed({
      entries: taken.filter(isDelivered).map(billingEntry).reverse(),
      unit,
      ...{ source: 'DEVICE', dataAgeS: 0 },
      payments: [],
    }),
  )
}

export function readImportDailyLog(call: Call<'readImportDailyLog'>): void {
  const { hub, target, parameters, succeed, fail } = call
  const fault = spanFault(parameters)
  if (fault) return fail('S1RIG_PARAMETER', fault)
  if (target !== 'ESME') {
    const { fromMs, toMs } = parameters
    const entries = hub.mirror.dailyReads().filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    return succeed({ entries, unit: hub.mirror.unit, source: 'MIRROR' })
  }
  readSnapshots(call, parameters, (taken, unit) =>
    succeed({ entries: taken.filter(isDelivered).map(dailyRead), unit, source: 'DEVICE' }),
  )
}

export function readExportDailyLog(call: Call<'readExportDailyLog'>): void {
  const { parameters, succeed, fail } = call
  const fault = spanFault(parameters)
  if (fault) return fail('S1RIG_PARAMETER', fault)
  readSnapshots(call, parameters, (taken, unit) =>
    succeed({ entries: taken.filter(one => !isDelivered(one)).map(dailyRead), unit }),
  )
}

const isDelivered = ({ direction }: TakenSnapshot): boolean => direction === 'delivered'
const dailyRead = ({ atMs, total, registers }: TakenSnapshot): DailyRead => ({
  atMs,
  value: total,
  registers: [...registers],
})

/** Snapshots of the span, oldest first, in thousandths of the unit. */
function readSnapshots(call: SnapshotCall, span: Span, use: (taken: TakenSnapshot[], unit: Unit) => void): void {
  carryOutSteps({ ...call, parameters: { ...span } }, stepsFor(call), found => {
    const { multiplier, divisor, unit } = found
    const scale = {
      ...(typeof multiplier === 'number' && { multiplier }),
      ...(typeof divisor === 'number' && { divisor }),
    }
    const taken = entriesIn(found, 'entries').flatMap(({ atMs, cause, type, snapshot }) => {
      if (typeof atMs !== 'number' || !(snapshot instanceof Uint8Array)) return []
      const values = readable(() => decodeSnapshot(Number(type), snapshot))
      const scaled = values && inUnits(values, scale)
      return scaled ? [{ atMs, cause: typeof cause === 'number' ? cause : 0, ...scaled }] : []
    })
    use(taken, unit === UNIT.m3 ? 'DM3' : 'WH')
  })
}

/** Undefined for octets that do not decode. */
function readable<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof WireError) return
    throw error
  }
}
