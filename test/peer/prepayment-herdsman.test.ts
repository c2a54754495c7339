/** zigbee-herdsman, unmodified, behind a stick reads of a meter's account what the SM WAN reports of the same home, and tops it up. */
import { expect, test } from 'vitest'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import { start } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { ID, settledHome } from '../unit/device-home.ts'
import { openHerdsman } from './herdsman.ts'
import { PREPAYMENT } from './smart-energy-clusters.ts'

const POUND = 100_000

test('account and settings are those that the WAN reports, and a token is taken once', {
  timeout: 180_000,
}, async () => {
  const wan = settledHome({ rig: 'cb-prepayment' })
  const setup = wan.ask('readPrepayConfiguration', ID.ESME, {})?.readPrepayConfiguration
  const values = wan.ask('readPrepayValues', ID.ESME, {})?.readPrepayValues
  if (!setup || !values) throw new Error('the WAN reports nothing')

  const stick = start(['dongle', 'rigs/cb-prepayment.yaml', '--protocol', 'znp', '--listen', 'tcp://127.0.0.1:0'])
  const [, path = ''] = await stick.says(/serialPort: \{ path: '([^']+)'/)
  const host = await openHerdsman({ adapter: 'zstack', path, folder: temporaryFolder() })
  await host.interviewAll([ID.ESME])
  host.device(ID.ESME).addCustomCluster(PREPAYMENT.name, PREPAYMENT)
  const meter = host.endpoint(ID.ESME)
  const read = (...names: (keyof typeof PREPAYMENT.attributes)[]) =>
    meter.read(
      PREPAYMENT.ID,
      names.map(name => PREPAYMENT.attributes[name].ID),
    ) as Promise<Record<string, number>>

  expect(await read('emergencyCreditLimit', 'emergencyCreditThreshold', 'lowCredit', 'cutOff')).toEqual({
    emergencyCreditLimit: setup.emergencyCreditLimit,
    emergencyCreditThreshold: setup.emergencyCreditThreshold,
    lowCredit: setup.lowCreditThreshold,
    cutOff: setup.disablementThreshold,
  })
  expect(await read('maximumBalance', 'maximumCredit', 'rate1', 'rate2', 'share3')).toEqual({
    ...{ maximumBalance: setup.maximumBalance, maximumCredit: setup.maximumCredit },
    ...{ rate1: setup.timeDebts[0]?.rate, rate2: setup.timeDebts[1]?.rate, share3: setup.recoveryPerPayment },
  })
  const account = await read('paymentControl', 'creditRemaining', 'emergencyCreditRemaining', 'accumulatedDebt')
  expect((account.paymentControl ?? 0) & 0x02).toBe(0x02)
  expect(account).toMatchObject({ emergencyCreditRemaining: 0, accumulatedDebt: 0 })
  // Minutes apart: what was used is less than five pence.
  expect(Math.abs((account.creditRemaining ?? 0) - values.balance)).toBeLessThan(5_000)
  expect(await read('debt1', 'debt2', 'debt3')).toEqual({
    ...{ debt1: values.timeDebts[0], debt2: values.timeDebts[1], debt3: values.paymentDebt },
  })

  const code = Buffer.from(utrnOf({ amount: 10 * POUND, counter: 1 }, { key: TEST_UTRN_KEY, device: ID.ESME }) ?? '')
  const enter = () =>
    meter.command(PREPAYMENT.ID, 'consumerTopUp', { origin: 2, code }) as Promise<Record<string, number>>
  const first = await enter()
  expect(first).toMatchObject({ result: 0x10, value: 10 * POUND, source: 2 })
  // A quarter of it pays the debt.
  const { creditRemaining = 0, debt3 } = await read('creditRemaining', 'debt3')
  expect(creditRemaining).toBeGreaterThan((account.creditRemaining ?? 0) + 7 * POUND)
  expect(debt3).toBe(values.paymentDebt - 2.5 * POUND)
  expect(await enter()).toMatchObject({ result: 0x02, value: 0 })
})
