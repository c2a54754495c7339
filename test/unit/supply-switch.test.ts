import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import {
  type SupplyChange,
  type SupplyReason,
  SupplySwitch,
  type SwitchOptions,
} from '../../src/devices/supply/supply-switch.ts'
import { restarted, settledHome } from './device-home.ts'

const contactor = (changes: Partial<SwitchOptions> = {}) =>
  new SupplySwitch({ initialState: 'ON', closesOnCommand: true, ...changes })
const valve = () => contactor({ closesOnCommand: false })

describe('a contactor', () => {
  test('is off by command until it is armed and the consumer presses the button', () => {
    const supply = contactor()
    expect([supply.disable('command'), supply.state, supply.flows()]).toEqual(['changed', 'OFF', false])
    expect([supply.consumerEnables(), supply.state]).toEqual(['refused', 'OFF'])
    expect([supply.arm('command'), supply.state, supply.flows()]).toEqual(['changed', 'ARMED', false])
    expect([supply.consumerEnables(), supply.state, supply.flows()]).toEqual(['changed', 'ON', true])
  })
  test('is switched on by command from off and from armed', () => {
    const supply = contactor({ initialState: 'OFF' })
    expect([supply.enable('command'), supply.state]).toEqual(['changed', 'ON'])
    supply.arm('load-limit')
    expect([supply.enable('command'), supply.state]).toEqual(['changed', 'ON'])
  })
  test('that is on stays on when it is armed by command or by a payment', () => {
    const supply = contactor()
    expect([supply.arm('command'), supply.arm('credit'), supply.state]).toEqual(['unchanged', 'unchanged', 'ON'])
  })
  test.each(['load-limit', 'tamper', 'uncontrolled-flow', 'depletion'] as const)('is interrupted by %s', reason => {
    const supply = contactor()
    expect([supply.arm(reason), supply.state, supply.armedBy]).toEqual(['changed', 'ARMED', reason])
  })
  test('held off by two reasons is armed when both have ended', () => {
    const supply = contactor()
    supply.disable('credit')
    supply.disable('depletion')
    expect([supply.arm('credit'), supply.state, supply.heldBy]).toEqual(['refused', 'OFF', ['depletion']])
    expect([supply.arm('depletion'), supply.state]).toEqual(['changed', 'ARMED'])
  })
  test('off for want of credit obeys no command until there is credit', () => {
    const supply = contactor()
    supply.disable('command')
    supply.disable('credit')
    expect([supply.arm('command'), supply.enable('command'), supply.state]).toEqual(['refused', 'refused', 'OFF'])
    expect(supply.heldBy).toEqual(['command', 'credit'])
    expect([supply.arm('credit'), supply.heldBy]).toEqual(['refused', ['command']])
    expect([supply.arm('command'), supply.state]).toEqual(['changed', 'ARMED'])
  })
  test('a payment does not arm what a command has switched off, nor switch on what a load limit has armed', () => {
    const supply = contactor()
    supply.disable('command')
    expect([supply.arm('credit'), supply.enable('credit'), supply.state]).toEqual(['refused', 'refused', 'OFF'])
    supply.enable('command')
    supply.arm('load-limit')
    expect([supply.enable('credit'), supply.state]).toEqual(['refused', 'ARMED'])
    expect([supply.enable('load-limit'), supply.state]).toEqual(['changed', 'ON'])
  })
  test('tells each change once, before and after', () => {
    const supply = contactor()
    const told: (SupplyChange | string)[] = []
    supply.watch({ before: () => told.push(supply.state), after: change => told.push(change) })
    supply.disable('command')
    supply.disable('credit')
    supply.arm('credit')
    supply.arm('command')
    supply.consumerEnables()
    expect(told).toEqual([
      ...['ON', { from: 'ON', to: 'OFF', reason: 'command' }],
      ...['OFF', { from: 'OFF', to: 'ARMED', reason: 'command' }],
      ...['ARMED', { from: 'ARMED', to: 'ON', reason: 'consumer' }],
    ])
  })
  test('is what it was after a loss of power, whatever the profile begins with', () => {
    const reasons: readonly SupplyReason[] = ['command', 'credit', 'load-limit', 'tamper']
    for (const reason of reasons) {
      for (const order of ['disable', 'arm'] as const) {
        const supply = contactor({ initialState: 'ON' })
        supply[order](reason)
        const memory = JSON.parse(JSON.stringify(supply.memory()))
        const again = contactor({ initialState: 'OFF', memory })
        expect([again.state, again.heldBy, again.armedBy]).toEqual([supply.state, supply.heldBy, supply.armedBy])
      }
    }
  })
})

describe('a valve', () => {
  test('is not opened by command, only by hand when it is armed', () => {
    const supply = valve()
    supply.disable('command')
    expect([supply.enable('command'), supply.state]).toEqual(['refused', 'OFF'])
    supply.arm('command')
    expect([supply.enable('command'), supply.consumerEnables(), supply.state]).toEqual(['refused', 'changed', 'ON'])
  })
})

describe('while the supply is off', () => {
  test.each(['esme', 'gsme'] as const)('the register of the %s stands still', part => {
    const { installation, run } = settledHome()
    const meter = installation.devices[part]
    const total = () =>
      installation.devices.esme && part === 'esme'
        ? installation.devices.esme.totalWh
        : installation.devices.gsme?.totalDm3
    run(hours(12))
    meter?.supply.disable('command')
    const off = total()
    run(hours(12))
    expect(total()).toBe(off)
    meter?.supply.arm('command')
    run(hours(1))
    expect(total()).toBe(off)
    meter?.supply.consumerEnables()
    run(hours(12))
    expect(total()).toBeGreaterThan(off ?? 0)
  })

  test('what flowed before it in the same minute is counted', () => {
    const { installation, run } = settledHome()
    const { esme } = installation.devices
    const twin = settledHome().installation.devices.esme
    run(seconds(30))
    esme?.supply.disable('command')
    const half = esme?.totalWh ?? 0
    run(minutes(10))
    expect(esme?.totalWh).toBe(half)
    expect(half).toBeGreaterThan(twin?.totalWh ?? Number.NaN)
  })

  test('a killed process finds it off', () => {
    const before = settledHome()
    before.installation.devices.esme?.supply.disable('command')
    const after = restarted(before)
    expect(after.installation.devices.esme?.supply.heldBy).toEqual(['command'])
  })
})
