/** A network processor has room for a hundred devices, beside it and behind routers. */
import { expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { ProcessorHome, type Resident, STICK } from '../helpers/processor-home.ts'

const DIRECT = 40
const ROUTERS = 4
const BEHIND_EACH = 14
const nameOf = (n: number) => `00124b00000${(0x10000 + n).toString(16)}`

it('a hundred devices join without a failure, and each is reached', { timeout: 120_000 }, () => {
  const home = new ProcessorHome('a hundred')
  const stick = home.stick()
  stick.processor.permitJoining(255)
  const residents: Resident[] = []
  const routers = Array.from({ length: ROUTERS }, (_, n) => nameOf(n))
  for (const router of routers) residents.push(home.joined(router))
  home.openRouters(stick)
  for (let n = ROUTERS; n < ROUTERS + DIRECT; n++) {
    for (const router of routers) home.apart(nameOf(n), router)
    residents.push(home.joined(nameOf(n), { role: 'sleepy-end-device' }))
  }
  for (const [at, router] of routers.entries()) {
    for (let n = 0; n < BEHIND_EACH; n++) {
      const device = nameOf(100 + at * BEHIND_EACH + n)
      home.apart(device, STICK)
      for (const other of routers) if (other !== router) home.apart(device, other)
      residents.push(home.joined(device, { role: n % 2 === 0 ? 'sleepy-end-device' : 'router' }))
    }
    home.openRouters(stick)
  }
  expect(residents).toHaveLength(100)
  expect(stick.arrivals).toHaveLength(100)
  expect(new Set(stick.arrivals.map(({ address }) => address)).size).toBe(100)
  const parents = stick.arrivals.map(({ parent }) => stick.processor.deviceAt(parent))
  expect(new Set(parents.slice(0, ROUTERS + DIRECT))).toEqual(new Set([STICK]))
  home.run(seconds(30))
  for (const { node } of residents) {
    const address = stick.processor.addressOf(node.eui64) ?? 0xfffe
    expect(home.send(stick, address, { meanwhile: () => node.poll() }), node.eui64).toBe('delivered')
  }
})
