/**
 * A meter's Prepayment cluster: what stands on the account, what the hub orders on behalf of the supplier, and what the consumer does
 * at a display. Orders are taken as a whole or not at all, and written down either way.
 * @source ZigBee Smart Energy, Prepayment; who may order what: assumed
 */

import type { CommandPayload } from '../../zcl/clusters.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'
import type { SupplyState } from '../supply/supply-switch.ts'
import { CANCEL, unixMsOf, utcOf } from '../zigbee-time.ts'
import type { AwaitedMemory } from './awaited-changes.ts'
import type { Debts } from './debts.ts'
import type { CreditEntry, DebtPaymentEntry } from './ledger.ts'
import type { Refusal } from './money.ts'
import { isEverFriendly } from './non-disablement.ts'
import { decodeNonDisablement, encodeNonDisablement } from './non-disablement-octets.ts'
import type { EventSink } from './parts.ts'
import type { Prepayment } from './prepayment.ts'
import { prepaymentAttributes } from './prepayment-attributes.ts'
import {
  ADJUSTMENT,
  fromFrequency,
  fromOrigin,
  fromPaymentControl,
  fromUnsigned,
  RECOVERY,
  SNAPSHOT_CAUSE,
  toTopUpResult,
  toUnsigned,
} from './prepayment-words.ts'
import type { PrepaymentSettings } from './settings.ts'
import { DEBT_CREDIT_STATUS, encodeSnapshot } from './snapshot-payload.ts'

type Commands = NonNullable<SideOptions<'Prepayment', 'server', 'toServer'>['commands']>

export interface PrepaymentServerOptions {
  prepayment: Prepayment
  events: EventSink
  supply: { readonly state: SupplyState }
  resetBlockCounters: () => void
  /** Orders of the supplier come from here only. */
  esi: Peer
}

/** In the place of a value: it stays as it is. */
const UNCHANGED = 0xffff_ffff
/** Debt registers as the cluster counts them: two by time, the third from payments. */
const PAYMENT_DEBT = 2

/** Serves the cluster. */
export function servePrepayment(endpoint: ZclEndpoint, options: PrepaymentServerOptions): void {
  endpoint.serve('Prepayment', {
    attributes: prepaymentAttributes(options.prepayment, options.supply),
    commands: { ...ordersOf(options), ...consumerOf(options), ...logsOf(options) },
  })
  const { prepayment } = options
  endpoint.serve('AccountSettings', {
    attributes: {
      NonDisablement: () => encodeNonDisablement(prepayment.now.settings.nonDisablement),
      SettingsHeldUntil: () => (prepayment.awaitedSettings ? utcOf(prepayment.awaitedSettings.atMs) : undefined),
    },
    writes: {
      NonDisablement: (octets, from) => {
        const nonDisablement = octets ? decodeNonDisablement(octets) : undefined
        return order(options, 'NonDisablement', from, () =>
          nonDisablement
            ? prepayment.configure({ ...prepayment.now.settings, nonDisablement })
            : { field: 'non_disablement', expected: 'periods and days' },
        )
      },
    },
    commands: {
      ResetBlockCounters: (_nothing, from) =>
        order(options, 'ResetBlockCounters', from, () => {
          options.resetBlockCounters()
          return undefined
        }),
      HoldSettings: (held, from) => {
        if (held.implementationDateTime === CANCEL) return forget(options, 'pendingSettings', from)
        const changes = changesIn(held)
        return order(options, 'HoldSettings', from, () =>
          changes
            ? prepayment.configureLater(changes, unixMsOf(held.implementationDateTime) ?? 0)
            : { field: 'non_disablement', expected: 'periods and days' },
        )
      },
    },
  })
}

/** Carries out what the supplier orders by way of the hub, and writes down what became of it. */
function order(
  { events, esi }: PrepaymentServerOptions,
  name: string,
  from: Peer,
  act: () => Refusal | undefined,
): number {
  if (from.device !== esi.device) return Status.NOT_AUTHORIZED
  const refusal = act()
  events.raise(refusal ? '8155' : '8154', refusal ? `${name}: ${refusal.field}` : name)
  return refusal ? Status.INVALID_VALUE : Status.SUCCESS
}

/** Gives up a change that waits; NOT_FOUND where none does. */
function forget(options: PrepaymentServerOptions, which: keyof AwaitedMemory, from: Peer): number {
  if (from.device !== options.esi.device) return Status.NOT_AUTHORIZED
  if (!options.prepayment.forget(which)) return Status.NOT_FOUND
  return order(
    options,
    which === 'pendingMode' ? 'cancel ChangePaymentMode' : 'cancel HoldSettings',
    from,
    () => undefined,
  )
}

type HeldSettings = CommandPayload<'AccountSettings', 'HoldSettings'>

/** What is to change; undefined for a calendar that is none. */
function changesIn(held: HeldSettings): Partial<PrepaymentSettings> | undefined {
  const { nonDisablement: octets } = held
  const amounts = {
    debtCap: held.overallDebtCap,
    emergencyLimit: held.emergencyCreditLimit,
    emergencyThreshold: held.emergencyCreditThreshold,
    lowCreditThreshold: held.lowCreditWarningLevel,
    maximumBalance: held.maximumCreditLevel,
    maximumCredit: held.maximumCreditPerTopUp,
  }
  const changes = Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== UNCHANGED))
  if (!octets || octets.length === 0) return changes
  const nonDisablement = decodeNonDisablement(octets)
  return nonDisablement && { ...changes, nonDisablement }
}

/** What the supplier orders. */
function ordersOf(options: PrepaymentServerOptions): Commands {
  const { prepayment } = options
  const configure = (name: string, from: Peer, changes: Partial<PrepaymentSettings>): number =>
    order(options, name, from, () => prepayment.configure({ ...prepayment.now.settings, ...changes }))
  return {
    ChangePaymentMode: ({ proposedPaymentControlConfiguration, cutOffValue, implementationDateTime }, from, reply) => {
      const { mode, settings } = fromPaymentControl(proposedPaymentControlConfiguration, cutOffValue)
      const status =
        implementationDateTime === CANCEL
          ? forget(options, 'pendingMode', from)
          : order(options, 'ChangePaymentMode', from, () =>
              prepayment.changeMode(mode, settings, unixMsOf(implementationDateTime)),
            )
      if (status !== Status.SUCCESS) return status
      const { emergencyLimit, emergencyThreshold, nonDisablement } = prepayment.now.settings
      reply('ChangePaymentModeResponse', {
        friendlyCredit: isEverFriendly(nonDisablement) ? 1 : 0,
        friendlyCreditCalendarId: 0,
        emergencyCreditLimit: emergencyLimit,
        emergencyCreditThreshold: emergencyThreshold,
      })
      return 'later'
    },
    ChangeDebt: (payload, from) =>
      order(options, 'ChangeDebt', from, () => {
        const debts = changedDebts(prepayment.now, payload)
        return debts ? prepayment.setDebts(debts) : { field: 'debt', expected: 'a register and a period of this meter' }
      }),
    EmergencyCreditSetup: ({ emergencyCreditLimit, emergencyCreditThreshold }, from) =>
      configure('EmergencyCreditSetup', from, {
        emergencyLimit: emergencyCreditLimit,
        emergencyThreshold: emergencyCreditThreshold,
      }),
    SetLowCreditWarningLevel: ({ lowCreditWarningLevel }, from) =>
      configure('SetLowCreditWarningLevel', from, { lowCreditThreshold: lowCreditWarningLevel }),
    SetMaximumCreditLimit: ({ maximumCreditLevel, maximumCreditPerTopUp }, from) =>
      configure('SetMaximumCreditLimit', from, {
        maximumBalance: maximumCreditLevel,
        maximumCredit: maximumCreditPerTopUp,
      }),
    SetOverallDebtCap: ({ overallDebtCap }, from) => configure('SetOverallDebtCap', from, { debtCap: overallDebtCap }),
    CreditAdjustment: ({ issuerEventId, creditAdjustmentType, creditAdjustmentValue }, from) =>
      order(options, 'CreditAdjustment', from, () => {
        const value = fromUnsigned(creditAdjustmentValue)
        const isIncremental = creditAdjustmentType === ADJUSTMENT.incremental
        return prepayment.adjust(isIncremental ? value : value - prepayment.now.balance, issuerEventId)
      }),
  }
}

/** What the consumer does, at a display or through the supplier. */
function consumerOf({ prepayment, supply, esi }: PrepaymentServerOptions): Commands {
  return {
    SelectAvailableEmergencyCredit: () => (prepayment.activateEmergency() ? Status.SUCCESS : Status.FAILURE),
    ConsumerTopUp: ({ originatingDevice, topUpCode }, from, reply) => {
      const origin = fromOrigin(originatingDevice)
      // Nobody but the hub speaks for the supplier.
      const source = origin === 'hub' && from.device !== esi.device ? 'display' : origin
      const outcome = prepayment.enter(topUpCode ? new TextDecoder().decode(topUpCode) : '', source)
      reply('ConsumerTopUpResponse', {
        resultType: toTopUpResult(outcome, supply.state),
        topUpValue: outcome.ok ? outcome.amount : 0,
        sourceOfTopUp: originatingDevice,
        creditRemaining: toUnsigned(prepayment.now.balance),
      })
      return 'later'
    },
  }
}

/** What is written down. */
function logsOf({ prepayment }: PrepaymentServerOptions): Commands {
  const { ledger } = prepayment
  return {
    GetTopUpLog: ({ latestEndTime, numberOfRecords }, _from, reply) => {
      const found = newest(ledger.credits.list(), latestEndTime, numberOfRecords)
      if (found.length === 0) return Status.NOT_FOUND
      reply('PublishTopUpLog', topUpLog(found))
      return 'later'
    },
    GetDebtRepaymentLog: ({ latestEndTime, numberOfDebts }, _from, reply) => {
      const found = newest(ledger.debtPayments.list(), latestEndTime, numberOfDebts)
      if (found.length === 0) return Status.NOT_FOUND
      reply('PublishDebtLog', debtLog(found))
      return 'later'
    },
    GetPrepaySnapshot: ({ earliestStartTime, latestEndTime, snapshotOffset, snapshotCause }, _from, reply) => {
      const log = snapshotCause === SNAPSHOT_CAUSE.mode ? ledger.modes : ledger.daily
      const found = log.list().filter(({ atMs }) => {
        const utc = utcOf(atMs)
        return utc >= earliestStartTime && (latestEndTime === 0 || utc <= latestEndTime)
      })
      const snapshot = found[snapshotOffset]
      if (!snapshot) return Status.NOT_FOUND
      reply('PublishPrepaySnapshot', {
        snapshotId: snapshotOffset,
        snapshotTime: utcOf(snapshot.atMs),
        totalSnapshotsFound: found.length,
        ...ONE_PAGE,
        snapshotCause,
        snapshotPayloadType: DEBT_CREDIT_STATUS,
        snapshotPayload: encodeSnapshot(snapshot),
      })
      return 'later'
    },
  }
}

/** Top-ups as they are told, in one command. */
export const topUpLog = (
  credits: readonly CreditEntry[],
): CommandPayload<'Prepayment', 'PublishTopUpLog', 'toClient'> => ({
  ...ONE_PAGE,
  topUpPayload: credits.map(({ utrn, amount, atMs }) => ({
    topUpCode: new TextEncoder().encode(utrn),
    topUpAmount: amount,
    topUpTime: utcOf(atMs),
  })),
})
/** Debt payments likewise. */
export const debtLog = (
  payments: readonly DebtPaymentEntry[],
): CommandPayload<'Prepayment', 'PublishDebtLog', 'toClient'> => ({
  ...ONE_PAGE,
  debtPayload: payments.map(({ amount, atMs, outstanding }) => ({
    collectionTime: utcOf(atMs),
    amountCollected: amount,
    debtType: PAYMENT_DEBT,
    outstandingDebt: outstanding,
  })),
})
const ONE_PAGE = { commandIndex: 0, totalNumberOfCommands: 1 } as const

/** The newest so many up to an instant (0: now), the newest first; 0: all of them. */
function newest<T extends { atMs: number }>(all: readonly T[], latestUtc: number, count: number): readonly T[] {
  const upTo = all.filter(({ atMs }) => latestUtc === 0 || utcOf(atMs) <= latestUtc)
  return upTo.toReversed().slice(0, count === 0 ? undefined : count)
}

interface DebtChange {
  debtAmount: number
  debtAmountType: number
  debtRecoveryMethod: number
  debtRecoveryFrequency: number
  debtRecoveryAmount: number
  debtRecoveryBalancePercentage: number
}

/** Debts with one register changed; undefined for a register, a method or a period that no meter of ours has. */
function changedDebts({ time, payment }: Debts, change: DebtChange): Debts | undefined {
  const register = change.debtAmountType >> 1
  const before = register === PAYMENT_DEBT ? payment.amount : time[register]?.amount
  if (before === undefined) return undefined
  const amount = change.debtAmount + (change.debtAmountType & 1 ? before : 0)
  if (register === PAYMENT_DEBT) {
    if (change.debtRecoveryMethod !== RECOVERY.byPayment) return undefined
    return { time, payment: { amount, share: change.debtRecoveryBalancePercentage } }
  }
  const period = fromFrequency(change.debtRecoveryFrequency)
  if (!period || change.debtRecoveryMethod !== RECOVERY.byTime) return undefined
  const changed = { amount, rate: change.debtRecoveryAmount, period }
  return { time: register === 0 ? [changed, time[1]] : [time[0], changed], payment }
}
