/** A meter's prepayment alone: the test plays cost and supply switch, and time goes when it says so. */
import { days, hours, minutes } from '../../src/base/time.ts'
import { DeviceClock } from '../../src/devices/device-clock.ts'
import type { AccountMemory } from '../../src/devices/prepayment/account.ts'
import { Prepayment, type PrepaymentMemory } from '../../src/devices/prepayment/prepayment.ts'
import { FACTORY_MODE, FACTORY_SETTINGS } from '../../src/devices/prepayment/settings.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import { Kernel } from '../../src/kernel/kernel.ts'

export const METER = '00db1234567890a3'
/** A Wednesday. */
export const STARTS = Date.parse('2021-10-13T06:00:00Z')
export const PENNY = 1_000
export const POUND = 100_000

export interface BenchOptions {
  opening?: Partial<AccountMemory>
  /** Thousandths of a penny an hour. */
  costPerHour?: number
  standingPerDay?: number
  startUnixMs?: number
  memory?: PrepaymentMemory
}

export function prepaymentBench(options: BenchOptions = {}) {
  const kernel = new Kernel({ seed: 'prepayment', startUnixMs: options.startUnixMs ?? STARTS })
  const clock = new DeviceClock(kernel, 0)
  const events: string[] = []
  const supply = {
    state: 'ON' as 'ON' | 'ARMED' | 'OFF',
    said: [] as string[],
    disable(reason: string) {
      this.state = 'OFF'
      this.said.push(`off: ${reason}`)
    },
    arm(reason: string) {
      this.state = 'ARMED'
      this.said.push(`armed: ${reason}`)
    },
  }
  let perHour = options.costPerHour ?? 0
  let before = 0
  let sinceUs = 0
  let standing = 0
  let nextMidnight = (Math.floor((options.startUnixMs ?? STARTS) / 86_400_000) + 1) * 86_400_000
  // By true time: what is used has nothing to do with the meter's clock.
  const used = () => before + Math.floor((perHour * (kernel.nowUs() - sinceUs)) / hours(1))
  const advance = () => {
    for (; nextMidnight <= kernel.unixMs(); nextMidnight += 86_400_000) standing += options.standingPerDay ?? 0
  }
  const cost = {
    get cost() {
      advance()
      return used() + standing
    },
    get standingCharges() {
      advance()
      return standing
    },
  }
  const opening = {
    mode: 'prepayment' as const,
    settings: FACTORY_SETTINGS,
    modeSettings: FACTORY_MODE,
    ...options.opening,
  }
  const prepayment = new Prepayment({
    device: METER,
    utrnKey: TEST_UTRN_KEY,
    keypad: { attempts: 5, lockS: 600 },
    clock,
    timers: kernel,
    cost,
    supply,
    events: { raise: code => void events.push(code) },
    opening,
    memory: options.memory,
  })
  kernel.after(0, 'power on', () => prepayment.start())
  let counter = 0
  return {
    kernel,
    clock,
    events,
    supply,
    cost,
    prepayment,
    run: (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs),
    runMinutes: (n: number) => void kernel.runUntil(kernel.nowUs() + minutes(n)),
    runDays: (n: number) => void kernel.runUntil(kernel.nowUs() + days(n)),
    setCost: (thousandthsPerHour: number) => {
      before = used()
      sinceUs = kernel.nowUs()
      perHour = thousandthsPerHour
    },
    /** A token for this meter that has not been used. */
    token: (amount: number) => utrnOf({ amount, counter: ++counter }, { key: TEST_UTRN_KEY, device: METER }) ?? 'none',
    topUp: (amount: number) =>
      prepayment.enter(
        utrnOf({ amount, counter: ++counter }, { key: TEST_UTRN_KEY, device: METER }) ?? 'none',
        'display',
      ),
  }
}

/** What must be the same before and after: what came in less what went out is what stands. */
export function difference({ balance, emergency, accumulatedDebt, totals }: AccountMemory): number {
  const { credited, adjusted, consumed, standing, recovered } = totals
  const used = emergency ? emergency.limit - emergency.remaining : 0
  return balance - used - accumulatedDebt - (credited + adjusted - consumed - standing - recovered)
}
