import { RadioBench } from '../unit/radio-bench.ts'
import { radioContract } from './radio-contract.ts'

radioContract('simulated', () => {
  const bench = new RadioBench()
  return { radio: extendedAddress => bench.air.radio(extendedAddress, extendedAddress), run: forUs => bench.run(forUs) }
})
