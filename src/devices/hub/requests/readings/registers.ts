/** 4.1.1 to 4.1.4, 4.2: registers as they stand, from the electricity meter itself or from the gas mirror. */
import type { BlockRegister, TariffRegister } from '../../../../wan/messages/wan-types.generated.ts'
import type { Call } from '../service.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { type Found, gather, reading } from './gather.ts'
import { fromMirror } from './mirrored.ts'

export function readImportRegisters(call: Call<'readImportRegisters'>): void {
  const { hub, target, succeed, fail } = call
  if (target !== 'ESME') {
    return fromMirror(call, ({ registers, from }) => {
      const [total, ...tou] = registers
      succeed({ activeImport: total ?? 0, tariffRegisters: inUse(tou), ...from })
    })
  }
  gather(call, stepsFor(call), found => {
    const activeImport = reading(found, 'activeImport')
    const reactiveImport = reading(found, 'reactiveImport')
    if (activeImport === undefined) return fail('E21', 'the meter gives no register')
    succeed({
      activeImport,
      tariffRegisters: inUse(numbered(found, 'register')),
      ...{ unit: 'WH', readAtMs: hub.clock.unixMs(), dataAgeS: 0, source: 'DEVICE' },
      ...(reactiveImport !== undefined && { reactiveImport }),
    })
  })
}

export function readImportTou(call: Call<'readImportTou'>): void {
  const { hub, target, succeed, fail } = call
  if (target !== 'ESME') {
    return fromMirror(call, ({ registers, from }) => succeed({ registers: numberedFrom(registers.slice(1)), ...from }))
  }
  gather(call, stepsFor(call), found => {
    const registers = numberedFrom(numbered(found, 'register'))
    if (registers.length === 0) return fail('E21', 'the meter gives no register')
    succeed({ registers, unit: 'WH', readAtMs: hub.clock.unixMs(), dataAgeS: 0, source: 'DEVICE' })
  })
}

export function readImportTouBlocks(call: Call<'readImportTouBlocks'>): void {
  const { hub, succeed, fail } = call
  gather(call, stepsFor(call), found => {
    const blocks = blocksIn(found)
    if (blocks.length === 0) return fail('E21', 'the meter gives no block')
    succeed({ blocks, unit: 'WH', readAtMs: hub.clock.unixMs(), source: 'DEVICE' })
  })
}

export function readImportBlockCounters(call: Call<'readImportBlockCounters'>): void {
  fromMirror(call, ({ blocks, from }) =>
    call.succeed({ blocks: blocks.map((value, at) => ({ register: 1, block: at + 1, value })), ...from }),
  )
}

export function readExportRegisters(call: Call<'readExportRegisters'>): void {
  const { hub, succeed, fail } = call
  gather(call, stepsFor(call), found => {
    const activeExport = reading(found, 'activeExport')
    if (activeExport === undefined) return fail('E21', 'the meter gives no export register')
    succeed({ activeExport, reactiveExport: reading(found, 'reactiveExport') ?? 0, readAtMs: hub.clock.unixMs() })
  })
}

/** `name1`, `name2` and so on, as far as they go. */
function numbered(found: Found, name: string): number[] {
  const values: number[] = []
  for (
    let value = reading(found, `${name}1`);
    value !== undefined;
    value = reading(found, `${name}${values.length + 1}`)
  ) {
    values.push(value)
  }
  return values
}

const numberedFrom = (values: readonly number[]): TariffRegister[] =>
  values.map((value, at) => ({ register: at + 1, value }))
/** The first, and those that count or have counted. */
const inUse = (values: readonly number[]): TariffRegister[] =>
  numberedFrom(values).filter(({ register, value }) => register === 1 || value > 0)

function blocksIn(found: Found): BlockRegister[] {
  return [...found.keys()].flatMap(name => {
    const [, register, block] = /^register(\d+)block(\d+)$/.exec(name) ?? []
    const value = reading(found, name)
    return register === undefined || value === undefined
      ? []
      : [{ register: Number(register), block: Number(block), value }]
  })
}
