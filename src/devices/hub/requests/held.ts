/**
 * 1.1.1, 1.2.1, 1.6, 2.1, 11.3: what a device holds until its time, and its cancelling by the same request dated to the year 3000. A
 * device that holds nothing says NOT_FOUND, which is an answer, not a refusal.
 * @source ZigBee Smart Energy 1.2a: Cancel Tariff, implementation times of 0xffffffff; wild cards of tariffs: assumed
 */
import type { CommandName, CommandPayload } from '../../../zcl/clusters.ts'
import { Status, statusName } from '../../../zcl/status.ts'
import { encodeNonDisablement } from '../../prepayment/non-disablement-octets.ts'
import { fromPaymentControl } from '../../prepayment/prepayment-words.ts'
import type { PrepaymentSettings } from '../../prepayment/settings.ts'
import { CANCEL, isSayable, utcOf } from '../../zigbee-time.ts'
import { type Asking, askOrNone, orderTo, otherwise, peerOf, readFrom, whenReachable } from './asking.ts'
import { readVersion } from './identity.ts'
import { modeWord } from './prepay-words.ts'
import type { Call } from './service.ts'

/** Any tariff that is held. @source assumed */
const ANY_TARIFF = 0xffff_ffff
/** In the place of a value: it stays as it is. */
const UNCHANGED = 0xffff_ffff
const NOW = { earliestStartTime: 0, minIssuerEventId: 0, numberOfCommands: 1, tariffType: 0 }

/** Which instants a device can hold something until; undefined: this one. */
export const timeFault = (fromMs: number | undefined): string | undefined =>
  fromMs === undefined || isSayable(fromMs)
    ? undefined
    : `from_ms: an instant from 2000 to 2136 expected, found ${fromMs}`

export function cancelTariff(call: Call<'updateTariff'>): void {
  const { succeed } = call
  whenReachable(call, () => cancelOnMeter(call, ANY_TARIFF, wasHeld => succeed({ wasHeld })))
}

/** Prices that are held are those of the tariff the meter has. */
export function cancelPrices(call: Call<'updatePrice'>): void {
  const { succeed } = call
  whenReachable(call, () =>
    askOrNone(call, 'Price', 'GetTariffInformation', NOW, information => {
      if (!information) return succeed({ wasHeld: false })
      cancelOnMeter(call, information.payload.issuerTariffId, wasHeld => succeed({ wasHeld }))
    }),
  )
}

const cancelOnMeter = (call: Asking, issuerTariffId: number, done: (wasHeld: boolean) => void): void =>
  cancel(call, 'Price', 'CancelTariff', { providerId: 0, issuerTariffId, tariffType: 0 }, done)

export function cancelMode(call: Call<'updatePaymentMode'>): void {
  const change = {
    providerId: 0,
    issuerEventId: call.hub.notices.nextEventId(),
    implementationDateTime: CANCEL,
    ...{ proposedPaymentControlConfiguration: 0, cutOffValue: 0 },
  }
  whenReachable(call, () =>
    cancel(call, 'Prepayment', 'ChangePaymentMode', change, wasHeld =>
      readFrom(call, 'Prepayment', ['PaymentControlConfiguration'], ({ PaymentControlConfiguration: control = 0 }) =>
        call.succeed({ mode: modeWord(fromPaymentControl(control, 0).mode), wasHeld }),
      ),
    ),
  )
}

/** Settings that a meter takes as a whole at their time. Smart Energy dates some of them only. */
export function holdSettings(call: Call<'updatePrepayConfiguration'>, changes: Partial<PrepaymentSettings>): void {
  const { parameters, succeed, fail } = call
  const { fromMs } = parameters
  const fault = timeFault(fromMs)
  if (fault || fromMs === undefined) return fail('S1RIG_PARAMETER', fault ?? 'from_ms expected')
  const order = { ...settingsOrder(changes), implementationDateTime: utcOf(fromMs) }
  whenReachable(call, () => orderTo(call, 'AccountSettings', 'HoldSettings', order, 'settings', () => succeed({})))
}

export function cancelSettings(call: Call<'updatePrepayConfiguration'>): void {
  const order = { ...settingsOrder({}), implementationDateTime: CANCEL }
  whenReachable(call, () =>
    cancel(call, 'AccountSettings', 'HoldSettings', order, wasHeld => call.succeed({ wasHeld })),
  )
}

const settingsOrder = (changes: Partial<PrepaymentSettings>) => ({
  overallDebtCap: changes.debtCap ?? UNCHANGED,
  emergencyCreditLimit: changes.emergencyLimit ?? UNCHANGED,
  emergencyCreditThreshold: changes.emergencyThreshold ?? UNCHANGED,
  lowCreditWarningLevel: changes.lowCreditThreshold ?? UNCHANGED,
  maximumCreditLevel: changes.maximumBalance ?? UNCHANGED,
  maximumCreditPerTopUp: changes.maximumCredit ?? UNCHANGED,
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

function cancel<C extends 'Price' | 'Prepayment' | 'AccountSettings', N extends CommandName<C>>(
  asking: Asking,
  cluster: C,
  command: N,
  payload: CommandPayload<C, N>,
  done: (wasHeld: boolean) => void,
): void {
  asking.hub.esi.request(peerOf(asking), cluster, command, payload, outcome => {
    if (outcome.ok) return done(true)
    if (outcome.reason !== 'default-response') {
      return otherwise(asking, outcome, () => cancel(asking, cluster, command, payload, done))
    }
    if (outcome.status === Status.NOT_FOUND) done(false)
    else asking.fail('S1RIG_REFUSED', `${command}: ${statusName(outcome.status)}`)
  })
}
