/** 6.25 and 7.1 to 7.3, row by row of the catalogue: the supply is switched, by the hub, over the HAN, in the meter. */
import { expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { answered, reads, taken } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'

const { home, order, complete } = serviceOrders()

const CHANGED = answered('Metering', 'ChangeSupply', 'SupplyStatusResponse')
const supplyOf = (of: 'esme' | 'gsme') => (at: RequestHome) => at.devices[of]?.supply.memory()
const policies = ({ devices }: RequestHome) => devices.esme?.memory().keeping.policies

order('the contactor opens, and stays open by command', {
  ...{ kind: 'disableSupply', of: 'ESME', asks: {}, han: CHANGED, holds: supplyOf('esme') },
  proves: (result, held, before, { devices }) => {
    expect([before, held]).toEqual([{ heldBy: [] }, { heldBy: ['command'] }])
    expect(devices.esme?.supply.flows()).toBe(false)
    expect(result).toEqual({ state: 'SUPPLY_OFF' })
  },
})
order('the consumer may close the contactor', {
  ...{ kind: 'armSupply', of: 'ESME', asks: {}, han: CHANGED, holds: supplyOf('esme') },
  proves: (result, held, before) => {
    expect([before, held]).toEqual([{ heldBy: ['command'] }, { heldBy: [], armedBy: 'command' }])
    expect(result).toEqual({ state: 'SUPPLY_ARMED' })
  },
})
test('a consumer switches the armed supply on at the PPMID', async () => {
  const { esme, ppmid } = home().devices
  home().act(() => void ppmid?.terminal?.switchOn())
  expect(await home().until(() => esme?.supply.state === 'ON', minutes(1))).toBe(true)
  expect(await home().until(() => ppmid?.shown.result?.electricity?.state === 'done', minutes(1))).toBe(true)
  expect(esme?.events.log('EVENT').at(-1)).toMatchObject({ code: '8161' })
})
order('the contactor closes', {
  ...{ kind: 'enableSupply', of: 'ESME', asks: {}, han: CHANGED, holds: supplyOf('esme') },
  given: at => at.ask('disableSupply', 'ESME', {}),
  proves: (result, held, before, { devices }) => {
    expect([before, held]).toEqual([{ heldBy: ['command'] }, { heldBy: [] }])
    expect(devices.esme?.supply.flows()).toBe(true)
    expect(result).toEqual({ state: 'SUPPLY_ON' })
  },
})
order('the valve closes', {
  ...{ kind: 'disableSupply', of: 'GSME', asks: {}, han: CHANGED, holds: supplyOf('gsme') },
  proves: (result, held, before, { devices }) => {
    expect([before, held]).toEqual([{ heldBy: [] }, { heldBy: ['command'] }])
    expect(devices.gsme?.supply.flows()).toBe(false)
    expect(result).toEqual({ state: 'SUPPLY_OFF' })
  },
})
order('the consumer may open the valve', {
  ...{ kind: 'armSupply', of: 'GSME', asks: {}, han: CHANGED, holds: supplyOf('gsme') },
  proves: (result, held, before) => {
    expect([before, held]).toEqual([{ heldBy: ['command'] }, { heldBy: [], armedBy: 'command' }])
    expect(result).toEqual({ state: 'SUPPLY_ARMED' })
  },
})
order('tampering locks the supply from now on', {
  ...{ kind: 'setTamperPolicy', of: 'ESME', asks: { policy: 'POLICY_OFF' }, holds: policies },
  refuses: [
    ['policy: POLICY_OFF, POLICY_UNCHANGED expected', { policy: 'POLICY_ON' }],
    ['policy: POLICY_OFF, POLICY_UNCHANGED expected', { policy: 'SUPPLY_POLICY_UNSPECIFIED' }],
  ],
  han: [
    ...reads(
      'Metering',
      'SupplyTamperState',
      'SupplyDepletionState',
      'SupplyUncontrolledFlowState',
      'LoadLimitSupplyState',
    ),
    ...taken('Metering.SetSupplyStatus'),
    ...reads('Metering', 'SupplyTamperState'),
  ],
  proves: (result, held, before, { devices }) => {
    expect(before).toMatchObject({ tamper: 'UNCHANGED' })
    expect(held).toEqual({ ...(before as object), tamper: 'OFF' })
    expect(result).toEqual({ policy: 'POLICY_OFF' })
    devices.esme?.keeping.incident('tamper', '8F75')
    expect(devices.esme?.supply.memory()).toEqual({ heldBy: ['tamper'] })
  },
})

complete(isOneOf(ORDERS.supply))
