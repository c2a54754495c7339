/** Orders to devices, row by row of the catalogue: through the broker, over the HAN, into the device, and answered. */
import { afterAll, beforeAll, expect } from 'vitest'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

let home: RequestHome
beforeAll(async () => {
  home = await requestHome({ rig: 'rigs/cb-seven-devices.yaml' })
})
afterAll(() => home.close())
const { row } = requestRows(() => home)

row('the contactor opens', {
  ...{ kind: 'disableSupply', of: 'ESME', asks: {} },
  han: ['> Metering.ChangeSupply', '< Metering.SupplyStatusResponse'],
  holds: ({ devices }) => devices.esme?.supply.state,
  proves: (result, held, before) => {
    expect([before, held]).toEqual(['ON', 'OFF'])
    expect(result).toEqual({ state: 'SUPPLY_OFF' })
  },
})
