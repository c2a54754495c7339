/** 4.1.1: import registers, from the electricity meter itself or from the gas mirror. */
import { fromRegister } from '../../meter-registers.ts'
import { readFrom } from './asking.ts'
import type { Call } from './service.ts'

const WANTED = ['CurrentSummationDelivered', 'CurrentTier1SummationDelivered', 'Multiplier', 'Divisor'] as const

export function readImportRegisters(call: Call<'readImportRegisters'>): void {
  if (call.target === 'ESME') readMeter(call)
  else readMirror(call)
}

function readMeter(call: Call<'readImportRegisters'>): void {
  const { hub, succeed, fail } = call
  readFrom(call, 'Metering', WANTED, values => {
    const scale = { multiplier: values.Multiplier, divisor: values.Divisor }
    const total = fromRegister(values.CurrentSummationDelivered, scale)
    const first = fromRegister(values.CurrentTier1SummationDelivered, scale)
    if (total === undefined) return fail('E21', 'the meter gives no register')
    succeed({
      activeImport: total,
      tariffRegisters: first === undefined ? [] : [{ register: 1, value: first }],
      unit: 'WH',
      readAtMs: hub.clock.unixMs(),
      dataAgeS: 0,
      source: 'DEVICE',
    })
  })
}

function readMirror({ hub, succeed, fail }: Call<'readImportRegisters'>): void {
  const { reading } = hub.mirror
  if (!reading) return fail('E21', 'the gas meter has not reported yet')
  const readAtMs = hub.clock.unixMs()
  succeed({
    activeImport: reading.dm3,
    tariffRegisters: [],
    unit: 'DM3',
    readAtMs,
    dataAgeS: Math.max(0, Math.floor((readAtMs - reading.atMs) / 1_000)),
    source: 'MIRROR',
  })
}
