import { seconds } from '../../src/base/time.ts'
import { AtModem } from '../../src/host/modem/at-modem.ts'
import { modemWorld } from '../helpers/modem-bench.ts'
import { cellularLinkContract } from './cellular-link-contract.ts'

cellularLinkContract('the gateway', () => {
  const { wan, ...world } = modemWorld()
  // No modem stands before it.
  return { ...world, wan, link: wan }
})

const hosted = (technology: 'gsm' | 'lte') => () => {
  const world = modemWorld({ facts: { technology } })
  const link = new AtModem({ link: world.line.host, timers: world.kernel })
  world.run(seconds(30))
  return { ...world, link }
}
cellularLinkContract('a modem on a line', hosted('gsm'))
cellularLinkContract('an LTE modem on a line', hosted('lte'))
