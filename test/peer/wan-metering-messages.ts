/** Samples of the requests for readings, tariff, prices and prepayment: fields as protoc's text format has them, written by hand. */
import type { RequestKind } from '../../src/wan/messages/requests.ts'
import { nothing, type Row } from './wan-configuration-messages.ts'

const AT = 1_700_000_000_000
const LATER = 1_700_086_400_000
const at = `${AT}`

const days = { text: [`from_ms: ${at}`, `to_ms: ${LATER}`], plain: { fromMs: AT, toMs: LATER } }
const intervals = { text: [...days.text, 'max_entries: 48'], plain: { ...days.plain, maxEntries: 48 } }
const entry = { text: ['entries {', `  start_ms: ${at}`, '  value: 250', '}'], plain: [{ startMs: AT, value: 250 }] }
const profile = {
  text: ['interval_s: 1800', ...entry.text, 'unit: WH', 'source: DEVICE', 'more: true'],
  plain: {
    ...{ intervalS: 1_800, entries: entry.plain, unit: 'WH' as const, source: 'DEVICE' as const },
    more: true,
  },
}
const block = { text: ['register: 1', 'block: 2', 'value: 300'], plain: { register: 1, block: 2, value: 300 } }
const blocks = { text: ['blocks {', ...indented(block.text), '}'], plain: [block.plain] }
const midnight = {
  text: ['entries {', `  at_ms: ${at}`, '  value: 1000', '  registers: 600', '  registers: 400', '}'],
  plain: [{ atMs: AT, value: 1_000, registers: [600, 400] }],
}
const mirrored = {
  text: [`read_at_ms: ${at}`, 'data_age_s: 61', 'source: MIRROR'],
  plain: { readAtMs: AT, dataAgeS: 61, source: 'MIRROR' as const },
}
const tariff = {
  text: [
    'tariff_id: 7',
    'label: "Night saver"',
    'switching {',
    '  days {',
    '    id: 1',
    '    switches {',
    '      register: 1',
    '    }',
    '    switches {',
    '      start_min: 420',
    '      register: 2',
    '    }',
    '  }',
    '  weeks {',
    '    id: 1',
    ...Array.from({ length: 7 }, () => '    day_ids: 1'),
    '  }',
    '  seasons {',
    '    month: 4',
    '    day: 1',
    '    week_id: 1',
    '  }',
    '  special_days {',
    '    year: 2026',
    '    month: 12',
    '    day: 25',
    '    day_id: 1',
    '  }',
    '}',
    'rates {',
    '  prices: 20000',
    '  prices: 15000',
    '  thresholds: 300000',
    '}',
    'block_period: BLOCK_PERIOD_QUARTER',
    'standing_charge: 45000',
  ],
  plain: {
    tariffId: 7,
    label: 'Night saver',
    switching: {
      days: [
        {
          id: 1,
          switches: [
            { startMin: 0, register: 1 },
            { startMin: 420, register: 2 },
          ],
        },
      ],
      weeks: [{ id: 1, dayIds: [1, 1, 1, 1, 1, 1, 1] }],
      seasons: [{ month: 4, day: 1, weekId: 1 }],
      specialDays: [{ year: 2026, month: 12, day: 25, dayId: 1 }],
    },
    rates: [{ prices: [20_000, 15_000], thresholds: [300_000] }],
    blockPeriod: 'BLOCK_PERIOD_QUARTER' as const,
    standingCharge: 45_000,
  },
}
const nonDisablement = {
  text: [
    'non_disablement {',
    '  periods {',
    '    days: 31',
    '    from_min: 960',
    '    to_min: 1440',
    '  }',
    ...['  special_days {', '    month: 12', '    day: 25', '  }'],
    ...['  schedule {', '    switches {', '      at_min: 480', '      start: true', '      days: 96'],
    ...['      special_days: 1', '      from {', '        month: 11', '        day: 1', '      }'],
    ...['      to {', '        month: 3', '        day: 31', '      }', '    }'],
    ...['    special_days {', '      year: 2027', '      month: 3', '      day: 26', '    }', '  }'],
    '}',
  ],
  plain: {
    nonDisablement: {
      periods: [{ days: 31, fromMin: 960, toMin: 1_440 }],
      specialDays: [{ month: 12, day: 25 }],
      schedule: {
        switches: [
          {
            ...{ atMin: 480, start: true, days: 96, specialDays: [1] },
            ...{ from: { month: 11, day: 1 }, to: { month: 3, day: 31 } },
          },
        ],
        specialDays: [{ year: 2027, month: 3, day: 26 }],
      },
    },
  },
}
const timeDebts = {
  text: [
    ...['time_debts {', '  amount: 5000000', '  rate: 50000', '  period: EACH_WEEK', '}'],
    ...['time_debts {', '  amount: 100', '  rate: 1', '  period: EACH_HOUR', '}'],
  ],
  plain: {
    timeDebts: [
      { amount: 5_000_000, rate: 50_000, period: 'EACH_WEEK' as const },
      { amount: 100, rate: 1, period: 'EACH_HOUR' as const },
    ],
  },
}
const account = {
  text: ['balance: -1500', 'emergency_credit_remaining: 200'],
  plain: { balance: -1_500, emergencyCreditRemaining: 200 },
}
const owed = {
  text: ['accumulated_debt: 3', 'time_debts: 4', 'time_debts: 5', 'payment_debt: 6'],
  plain: { accumulatedDebt: 3, timeDebts: [4, 5], paymentDebt: 6 },
}

export const METERING_MESSAGES = {
  readImportTou: {
    ...{ field: 'read_import_tou', variant: '4.1.2', asks: nothing },
    gives: {
      text: ['registers {', '  register: 1', '  value: 900', '}', 'unit: DM3', ...mirrored.text],
      plain: { registers: [{ register: 1, value: 900 }], unit: 'DM3', ...mirrored.plain },
    },
  },
  readImportTouBlocks: {
    ...{ field: 'read_import_tou_blocks', variant: '4.1.3', asks: nothing },
    gives: {
      text: [...blocks.text, 'unit: WH', `read_at_ms: ${at}`, 'source: DEVICE'],
      plain: { blocks: blocks.plain, unit: 'WH', readAtMs: AT, source: 'DEVICE' },
    },
  },
  readImportBlockCounters: {
    ...{ field: 'read_import_block_counters', variant: '4.1.4', asks: nothing },
    gives: {
      text: [...blocks.text, 'unit: DM3', ...mirrored.text],
      plain: { blocks: blocks.plain, unit: 'DM3', ...mirrored.plain },
    },
  },
  readExportRegisters: {
    ...{ field: 'read_export_registers', variant: '4.2', asks: nothing },
    gives: {
      text: ['active_export: 5', 'reactive_export: 6', `read_at_ms: ${at}`],
      plain: { activeExport: 5, reactiveExport: 6, readAtMs: AT },
    },
  },
  readBillingDataLog: {
    ...{ field: 'read_billing_data_log', variant: '4.4.2', asks: nothing },
    gives: {
      text: [
        ...['entries {', `  at_ms: ${at}`, '  cause: TARIFF_CHANGE', '  active_import: 1000', '  registers: 600'],
        ...['  blocks {', ...indented(indented(block.text)), '  }', '}'],
        ...['unit: WH', 'source: DEVICE', 'payments {', `  at_ms: ${at}`, '  amount: 1000000', '}', 'data_age_s: 61'],
      ],
      plain: {
        entries: [{ atMs: AT, cause: 'TARIFF_CHANGE', activeImport: 1_000, registers: [600], blocks: [block.plain] }],
        ...{ unit: 'WH', source: 'DEVICE', payments: [{ atMs: AT, amount: 1_000_000 }], dataAgeS: 61 },
      },
    },
  },
  readImportDailyLog: {
    ...{ field: 'read_import_daily_log', variant: '4.6.1', asks: days },
    gives: {
      text: [...midnight.text, 'unit: DM3', 'source: MIRROR'],
      plain: { entries: midnight.plain, unit: 'DM3', source: 'MIRROR' },
    },
  },
  readExportDailyLog: {
    ...{ field: 'read_export_daily_log', variant: '4.6.2', asks: days },
    gives: { text: [...midnight.text, 'unit: WH'], plain: { entries: midnight.plain, unit: 'WH' } },
  },
  readReactiveImportProfile: {
    ...{ field: 'read_reactive_import_profile', variant: '4.8.2', asks: intervals, gives: profile },
  },
  readExportProfile: { field: 'read_export_profile', variant: '4.8.3', asks: intervals, gives: profile },
  readNetworkData: {
    ...{ field: 'read_network_data', variant: '4.10', asks: intervals },
    gives: {
      text: [
        ...['interval_s: 1800', ...entry.text, 'unit: WH', 'more: true'],
        ...['counters {', '  over_voltage: 1', '  under_voltage: 2', '  sags: 3', '  swells: 4', '}'],
        ...['lengths {', `  from_ms: ${at}`, '  interval_s: 1800', '}', 'source: MIRROR', 'data_age_s: 61'],
      ],
      plain: {
        ...{ intervalS: 1_800, entries: entry.plain, unit: 'WH', more: true },
        counters: { overVoltage: 1, underVoltage: 2, sags: 3, swells: 4 },
        lengths: [{ fromMs: AT, intervalS: 1_800 }],
        ...{ source: 'MIRROR', dataAgeS: 61 },
      },
    },
  },
  readTariff: {
    ...{ field: 'read_tariff', variant: '4.11.1', asks: nothing },
    gives: {
      text: [
        ...['tariff {', ...indented(tariff.text), '}', 'active_register: 2', 'active_block: 1', 'price: 15000'],
        ...['source: MIRROR', 'data_age_s: 61'],
      ],
      plain: {
        ...{ tariff: tariff.plain, activeRegister: 2, activeBlock: 1, price: 15_000 },
        ...{ source: 'MIRROR', dataAgeS: 61 },
      },
    },
  },
  readLoadLimitData: {
    ...{ field: 'read_load_limit_data', variant: '4.15', asks: nothing },
    gives: {
      text: ['threshold_w: 5000', 'period_s: 300', 'restoration_s: 1800', 'counter: 2'],
      plain: { thresholdW: 5_000, periodS: 300, restorationS: 1_800, counter: 2 },
    },
  },
  readActivePowerImport: {
    ...{ field: 'read_active_power_import', variant: '4.16', asks: nothing },
    gives: { text: ['active_power_w: 431', `read_at_ms: ${at}`], plain: { activePowerW: 431, readAtMs: AT } },
  },
  readDailyConsumption: {
    ...{ field: 'read_daily_consumption', variant: '4.17', asks: days },
    gives: {
      text: [...entry.text, 'unit: WH', 'source: DEVICE'],
      plain: { entries: entry.plain, unit: 'WH', source: 'DEVICE' },
    },
  },
  updateTariff: {
    ...{ field: 'update_tariff', variant: '1.1.1', gives: nothing },
    asks: {
      text: ['tariff {', ...indented(tariff.text), '}', `from_ms: ${at}`],
      plain: { tariff: tariff.plain, fromMs: AT },
    },
  },
  updatePrice: {
    ...{ field: 'update_price', variant: '1.2.1' },
    asks: {
      text: [
        ...['standing_charge: 45000', 'prices {', '  prices: 20000', '  prices: 15000', '}', `from_ms: ${at}`],
        'cancel_held: true',
      ],
      plain: { standingCharge: 45_000, prices: [{ prices: [20_000, 15_000] }], fromMs: AT, cancelHeld: true },
    },
    gives: { text: ['was_held: false'], plain: { wasHeld: false } },
  },
  resetBlockCounters: { field: 'reset_block_counters', variant: '1.7', asks: nothing, gives: nothing },
  updateMeterBalance: {
    ...{ field: 'update_meter_balance', variant: '1.5' },
    asks: { text: ['adjust_by: -1500'], plain: { adjustBy: -1_500 } },
    gives: { text: ['balance: -1500'], plain: { balance: -1_500 } },
  },
  updatePaymentMode: {
    ...{ field: 'update_payment_mode', variant: '1.6' },
    asks: {
      text: [
        ...['mode: PREPAYMENT', 'suspend_debt_disabled: true', 'suspend_debt_emergency: true'],
        ...['disablement_threshold: -100', `from_ms: ${at}`],
      ],
      plain: {
        ...{ mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true },
        ...{ disablementThreshold: -100, fromMs: AT },
      },
    },
    gives: { text: ['mode: CREDIT', 'was_held: true'], plain: { mode: 'CREDIT', wasHeld: true } },
  },
  updatePrepayConfiguration: {
    ...{ field: 'update_prepay_configuration', variant: '2.1', gives: nothing },
    asks: {
      text: [
        ...['debt_recovery_rate_cap: 0', 'emergency_credit_limit: 500000', ...nonDisablement.text],
        ...[`from_ms: ${at}`, 'cancel_held: false'],
      ],
      plain: {
        ...{ debtRecoveryRateCap: 0, emergencyCreditLimit: 500_000, ...nonDisablement.plain },
        ...{ fromMs: AT, cancelHeld: false },
      },
    },
  },
  topUpDevice: {
    ...{ field: 'top_up_device', variant: '2.2' },
    asks: { text: ['utrn: "01234567890123456789"'], plain: { utrn: '01234567890123456789' } },
    gives: { text: ['amount: 1000000', 'balance: 998500'], plain: { amount: 1_000_000, balance: 998_500 } },
  },
  updateDebt: {
    ...{ field: 'update_debt', variant: '2.3', gives: nothing },
    asks: {
      text: [...timeDebts.text, 'payment_debt: 6', 'recovery_per_payment: 2500'],
      plain: { ...timeDebts.plain, paymentDebt: 6, recoveryPerPayment: 2_500 },
    },
  },
  activateEmergencyCredit: {
    ...{ field: 'activate_emergency_credit', variant: '2.5', asks: nothing },
    gives: { text: ['emergency_credit_remaining: 500000'], plain: { emergencyCreditRemaining: 500_000 } },
  },
  readPrepayValues: {
    ...{ field: 'read_prepay_values', variant: '4.3', asks: nothing },
    gives: {
      text: [
        ...['mode: PREPAYMENT', ...account.text, 'emergency_credit_available: true'],
        ...[...owed.text, ...mirrored.text],
      ],
      plain: {
        ...{ mode: 'PREPAYMENT', ...account.plain, emergencyCreditAvailable: true },
        ...{ ...owed.plain, ...mirrored.plain },
      },
    },
  },
  readPrepayConfiguration: {
    ...{ field: 'read_prepay_configuration', variant: '4.13', asks: nothing },
    gives: {
      text: [
        ...['mode: PREPAYMENT', 'suspend_debt_disabled: true', 'suspend_debt_emergency: true'],
        ...['disablement_threshold: -100', 'debt_recovery_rate_cap: 1', 'emergency_credit_limit: 2'],
        ...['emergency_credit_threshold: 3', 'low_credit_threshold: 4', 'maximum_balance: 5', 'maximum_credit: 6'],
        ...[...timeDebts.text, 'payment_debt: 7', 'recovery_per_payment: 8', 'source: DEVICE'],
        ...[...nonDisablement.text, `held_until_ms: ${at}`],
      ],
      plain: {
        ...{ mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true },
        ...{ disablementThreshold: -100, debtRecoveryRateCap: 1, emergencyCreditLimit: 2 },
        ...{ emergencyCreditThreshold: 3, lowCreditThreshold: 4, maximumBalance: 5, maximumCredit: 6 },
        ...{ ...timeDebts.plain, paymentDebt: 7, recoveryPerPayment: 8, source: 'DEVICE' },
        ...{ ...nonDisablement.plain, heldUntilMs: AT },
      },
    },
  },
  readPrepayDailyLog: {
    ...{ field: 'read_prepay_daily_log', variant: '4.14', asks: days },
    gives: {
      text: ['entries {', ...indented([`at_ms: ${at}`, ...account.text, ...owed.text]), '}', 'source: MIRROR'],
      plain: { entries: [{ atMs: AT, ...account.plain, ...owed.plain }], source: 'MIRROR' },
    },
  },
  readMeterBalance: {
    ...{ field: 'read_meter_balance', variant: '4.18', asks: nothing },
    gives: { text: ['balance: -1500', ...mirrored.text], plain: { balance: -1_500, ...mirrored.plain } },
  },
} satisfies { [K in RequestKind]?: Row<K> }

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`)
}
