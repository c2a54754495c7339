import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hours } from '../../src/base/time.ts'
import { openingOf } from '../../src/devices/prepayment/opening.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { home, ID } from './device-home.ts'
import { problemsOf, rigDeps } from './profiles-bench.ts'

const RIG = readFileSync('rigs/cb-prepayment.yaml', 'utf8')
const load = (text: string) => loadRig('rigs/r.yaml', rigDeps({ 'rigs/r.yaml': text }))
const MODEL = 'profile: honeywell-elster/as300p/1.4.2\n'

describe('an account in a rig', () => {
  it('is what stands on the meter when it is new', () => {
    const [one] = load(RIG).installations
    const opening = one?.devices.esme.prepayment && openingOf(one.devices.esme.prepayment)
    expect(opening).toMatchObject({
      ...{ mode: 'prepayment', balance: 1_234_000, accumulatedDebt: 0 },
      time: [
        { amount: 4_500_000, rate: 7_000, period: 'hour' },
        { amount: 1_200_000, rate: 25_000, period: 'day' },
      ],
      payment: { amount: 3_000_000, share: 2_500 },
      modeSettings: { disablementThreshold: 0, suspendDebtDisabled: true },
      settings: {
        nonDisablement: {
          periods: [
            { days: 0x7f, fromMin: 1_080, toMin: 1_440 },
            { days: 0x60, fromMin: 0, toMin: 1_440 },
          ],
          specialDays: [{ month: 12, day: 25 }],
        },
      },
    })
    const gas = one?.devices.gsme?.prepayment
    expect(gas && openingOf(gas).emergency).toEqual({ limit: 500_000, remaining: 376_544 })
  })

  it('is nothing, in credit mode, where none is given', () => {
    expect(home({ inMemory: true }).installation.devices.esme?.prepayment.now).toMatchObject({
      mode: 'credit',
      balance: 0,
    })
  })

  it('is there from the first minute on, with the key of the rig', () => {
    const prepayment = `prepayment: { balance: 777000, utrnKey: "${'0A'.repeat(16)}" }`
    const one = home({ inMemory: true, edits: [[MODEL, `${MODEL}        ${prepayment}\n`]] })
    expect(one.installation.devices.esme?.prepayment.now).toMatchObject({ mode: 'prepayment', balance: 777_000 })
    one.run(hours(1))
    const read = one.ask('readPrepayValues', ID.ESME, {})?.readPrepayValues
    expect(read?.mode).toBe('PREPAYMENT')
    expect(read?.balance).toBeLessThan(777_000)
  })

  const wrong: readonly (readonly [string, string, string, string])[] = [
    ['of a real meter', '{ balance: 1 }\n        kind: real', 'prepayment', 'expected no account for a real meter'],
    ['that is not whole', '{ balance: 1.5 }', 'schema.', ''],
    ['with an unknown key', '{ ballance: 1 }', 'schema.unknown-key', ''],
    ['with more than 32 bits hold', '{ balance: 2147483648 }', 'schema.value', ''],
    [
      'with three debts',
      '{ timeDebts: [{ amount: 1, rate: 1, period: day }, { amount: 1, rate: 1, period: day }, { amount: 1, rate: 1, period: day }] }',
      'schema.value',
      '',
    ],
    ['with a period there is not', '{ timeDebts: [{ amount: 1, rate: 1, period: year }] }', 'schema.value', ''],
    ['with a share above all', '{ paymentDebt: { amount: 1, share: 10001 } }', 'schema.value', ''],
    ['with hours that run backwards', '{ friendly: [{ from: "10:00", to: "09:00" }] }', 'schema.value', ''],
    ['with a day that is none', '{ friendlyDays: [2023-02-29] }', 'schema', ''],
    [
      'with too much in one top-up',
      '{ maximumBalance: 5, maximumCredit: 6, lowCreditThreshold: 0, emergencyCreditThreshold: 0 }',
      'prepayment',
      'maximumCredit: at most maximumBalance (5)',
    ],
    [
      'with more emergency credit used than there is',
      '{ emergencyCreditUsed: 500001 }',
      'prepayment',
      'emergencyCreditUsed: at most emergencyCreditLimit',
    ],
    ['with a key that is none', '{ utrnKey: "0a" }', 'schema.value', ''],
  ]
  it.each(wrong)('%s is refused where it stands', (_, written, code, message) => {
    const text = readFileSync('rigs/cb-dual-fuel.yaml', 'utf8').replace(
      MODEL,
      `${MODEL}        prepayment: ${written}\n`,
    )
    const problems = problemsOf(() => load(text)).filter(problem => problem.pointer.includes('/prepayment'))
    expect(problems.map(problem => problem.code.startsWith(code))).toContain(true)
    expect(problems.map(problem => problem.message).join()).toContain(message)
  })
})
