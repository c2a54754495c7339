/**
 * What readings usually become on the HAN. Attributes are read into the names beside them; `register1` is the first time-of-use register,
 * `register1block2` its second block. What a model does not have is left out of the result.
 * @source ZigBee Smart Energy, where it has an attribute or a command; MeterReadings, and which snapshots and samples: assumed
 */
import type { Step } from '../../../../profiles/step-facts.ts'
import { SAMPLES } from '../../../metering/han/samples.ts'
import { SNAPSHOT_CAUSE } from '../../../metering/han/snapshots.ts'

const counted = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)
const SCALE = { Multiplier: '_multiplier', Divisor: '_divisor' }
const scale: Step = { read: 'Metering', attributes: SCALE }

const registers = (count: number): Record<string, string> =>
  Object.fromEntries(counted(count).map(tier => [`CurrentTier${tier}SummationDelivered`, `register${tier}`]))
const blocks = Object.fromEntries(
  counted(8).flatMap(tier =>
    counted(4).map(block => [`CurrentTier${tier}Block${block}SummationDelivered`, `register${tier}block${block}`]),
  ),
)

const send = (command: string, fields: Record<string, number> = {}): Step => ({
  send: command,
  with: fields,
  answer: {},
})
const profile = (intervalChannel: number): Step[] => [scale, send('Metering.GetProfile', { intervalChannel })]
const snapshots = (snapshotCause: number): Step[] => [
  { read: 'Metering', attributes: { Multiplier: 'multiplier', Divisor: 'divisor' }, optional: true },
  { read: 'Metering', attributes: { UnitOfMeasure: 'unit' }, optional: true },
  {
    send: 'Metering.GetSnapshot',
    with: { earliestStartTime: '$fromMs', latestEndTime: '$toMs', snapshotOffset: '$next', snapshotCause },
    answer: {
      ...{ snapshotTime: 'entries.atMs', snapshotCause: 'entries.cause' },
      ...{ snapshotPayloadType: 'entries.type', snapshotPayload: 'entries.snapshot' },
    },
    repeat: { of: 'totalSnapshotsFound' },
  },
]
/** Voltages have no scale. */
const unscaled = (sampleId: number): Step[] => [
  { read: 'Metering', attributes: { UnitOfMeasure: '_unit' } },
  send('Metering.GetSampledData', { sampleId, sampleType: 0 }),
]
const samples = (sampleId: number): Step[] => [scale, ...unscaled(sampleId)]

export const USUAL_READINGS: Readonly<Record<string, readonly Step[]>> = {
  '4.1.1': [
    {
      read: 'Metering',
      attributes: { CurrentSummationDelivered: 'activeImport', ...SCALE, ...registers(4) },
    },
    { read: 'MeterReadings', attributes: { ReactiveImport: 'reactiveImport' } },
  ],
  '4.1.2': [{ read: 'Metering', attributes: { ...SCALE, ...registers(48) } }],
  '4.1.3': [{ read: 'Metering', attributes: { ...SCALE, ...blocks } }],
  '4.2': [
    { read: 'Metering', attributes: { CurrentSummationReceived: 'activeExport', ...SCALE } },
    { read: 'MeterReadings', attributes: { ReactiveExport: 'reactiveExport' } },
  ],
  '4.4.2': snapshots(SNAPSHOT_CAUSE['tariff-change'] | SNAPSHOT_CAUSE['mode-change']),
  '4.4.3': snapshots(SNAPSHOT_CAUSE['billing-calendar']),
  '4.6.1': snapshots(SNAPSHOT_CAUSE.daily),
  '4.6.2': snapshots(SNAPSHOT_CAUSE.daily),
  '4.8.1': profile(0),
  '4.8.2': profile(2),
  '4.8.3': profile(1),
  '4.10': [
    {
      read: 'ElectricalMeasurement',
      attributes: { AverageRMSOverVoltageCounter: 'overVoltage', AverageRMSUnderVoltageCounter: 'underVoltage' },
    },
    { read: 'MeterReadings', attributes: { VoltageSags: 'sags', VoltageSwells: 'swells' } },
    ...unscaled(SAMPLES.averageVoltage),
  ],
  '4.10 GSME': samples(SAMPLES.networkData),
  '4.15': [
    {
      read: 'MeterSettings',
      attributes: {
        LoadLimitThreshold: 'thresholdW',
        LoadLimitPeriod: 'periodS',
        LoadLimitRestorationPeriod: 'restorationS',
      },
    },
    { read: 'Metering', attributes: { LoadLimitCounter: 'counter' } },
  ],
  '4.16': [{ read: 'ElectricalMeasurement', attributes: { ActivePower: 'activePowerW' } }],
  '4.17': samples(SAMPLES.dailyConsumption),
}
