/**
 * 1.1.1, 1.2.1, 1.6, 2.1, 6.4.1, 11.3: what a device holds until its time, and its cancelling by the same request dated to the year 3000. A
 * device that holds nothing says NOT_FOUND, which is an answer, not a refusal.
 * @source ZigBee Smart Energy 1.2a: Cancel Tariff, implementation times of 0xffffffff; wild cards of tariffs: assumed
 */
import type { LoadLimit } from '../../../wan/messages/wan-types.generated.ts'
import { encodeNonDisablement } from '../../prepayment/non-disablement-octets.ts'
import { fromPaymentControl } from '../../prepayment/prepayment-words.ts'
import type { PrepaymentSettings } from '../../prepayment/settings.ts'
import { isSayable } from '../../zigbee-time.ts'
import { whenReachable } from './asking.ts'
import { readVersion } from './identity.ts'
import { modeWord } from './prepay-words.ts'
import type { Call } from './service.ts'
import { carryOutSteps, type Fields } from './steps/carry-out.ts'
import { withNumbers } from './steps/found.ts'
import { stepsFor } from './steps/steps-for.ts'

type CancelCall =
  | Call<'updateTariff'>
  | Call<'updatePrice'>
  | Call<'updatePaymentMode'>
  | Call<'updatePrepayConfiguration'>
  | Call<'setLoadLimit'>

/** In the place of a value: it stays as it is. */
const UNCHANGED = 0xffff_ffff

/** Which instants a device can hold something until; undefined: this one. */
export const timeFault = (atMs: number | undefined, field = 'from_ms'): string | undefined =>
  atMs === undefined || isSayable(atMs) ? undefined : `${field}: an instant from 2000 to 2136 expected, found ${atMs}`

export const cancelTariff = (call: Call<'updateTariff'>): void =>
  cancel(call, {}, ({ wasHeld }) => call.succeed({ wasHeld: wasHeld === true }))

export const cancelPrices = (call: Call<'updatePrice'>): void =>
  cancel(call, {}, ({ wasHeld }) => call.succeed({ wasHeld: wasHeld === true }))

export const cancelMode = (call: Call<'updatePaymentMode'>): void =>
  cancel(call, {}, found =>
    withNumbers(call, found, ['control'], ({ control }) =>
      call.succeed({ mode: modeWord(fromPaymentControl(control, 0).mode), wasHeld: found.wasHeld === true }),
    ),
  )

/** Settings that a meter takes as a whole at their time. */
export function holdSettings(call: Call<'updatePrepayConfiguration'>, changes: Partial<PrepaymentSettings>): void {
  const { fromMs } = call.parameters
  const fault = timeFault(fromMs)
  if (fault) return call.fail('S1RIG_PARAMETER', fault)
  const parameters = { ...settingsOrder(changes), fromMs }
  carryOutSteps({ ...call, parameters }, stepsFor({ ...call, variant: `${call.variant} hold` }), () => call.succeed({}))
}

export const cancelSettings = (call: Call<'updatePrepayConfiguration'>): void =>
  cancel(call, settingsOrder({}), ({ wasHeld }) => call.succeed({ wasHeld: wasHeld === true }))

/** Answered with the limit as it will be, and when. */
export function holdLoadLimit(call: Call<'setLoadLimit'>): void {
  const { thresholdW, periodS, restorationS, policy, fromMs } = call.parameters
  const fault = timeFault(fromMs)
  if (fault || fromMs === undefined) return call.fail('S1RIG_PARAMETER', fault ?? 'from_ms expected')
  carryOutSteps(call, stepsFor({ ...call, variant: `${call.variant} hold` }), () =>
    call.succeed({ thresholdW, periodS, restorationS, policy, fromMs }),
  )
}

/** Answered with the limit as it is. */
export const cancelLoadLimit = (call: Call<'setLoadLimit'>): void =>
  cancel(call, {}, found => call.succeed(found as unknown as LoadLimit))

/** Steps of their own, lest those that order are sent again. */
const cancel = (call: CancelCall, parameters: Fields, done: (found: Fields) => void): void =>
  carryOutSteps({ ...call, parameters }, stepsFor({ ...call, variant: `${call.variant} cancel` }), done)

const settingsOrder = (changes: Partial<PrepaymentSettings>): Fields => ({
  debtRecoveryRateCap: changes.debtCap ?? UNCHANGED,
  emergencyCreditLimit: changes.emergencyLimit ?? UNCHANGED,
  emergencyCreditThreshold: changes.emergencyThreshold ?? UNCHANGED,
  lowCreditThreshold: changes.lowCreditThreshold ?? UNCHANGED,
  maximumBalance: changes.maximumBalance ?? UNCHANGED,
  maximumCredit: changes.maximumCredit ?? UNCHANGED,
  nonDisablement: changes.nonDisablement ? encodeNonDisablement(changes.nonDisablement) : new Uint8Array(),
})

/** A device that was given a time is told to wait for a word; one that sleeps, when it is heard. */
export function cancelActivation(call: Call<'activateFirmware'>, isHeld: () => boolean): void {
  const { hub, device, succeed } = call
  readVersion(call, version =>
    whenReachable(call, () => {
      const wasHeld = isHeld()
      if (wasHeld) hub.ota.activate(device, { when: 'on-command' })
      succeed({ versionBefore: version, versionAfter: version, pending: false, wasHeld })
    }),
  )
}
