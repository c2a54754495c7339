import { milliseconds } from '../../src/base/time.ts'
import { spinelStick } from '../helpers/spinel-stick.ts'
import { RadioBench } from '../unit/radio-bench.ts'
import { radioContract } from './radio-contract.ts'

/** A reset, the questions behind it and all settings, over the line and back. */
const SETTLES_IN_US = milliseconds(50)

radioContract(
  'Spinel',
  () => {
    const bench = new RadioBench()
    return {
      radio(extendedAddress) {
        const { radio } = spinelStick(bench.kernel, bench.air.radio(extendedAddress, extendedAddress))
        bench.run(SETTLES_IN_US)
        return radio
      },
      run: forUs => bench.run(forUs),
    }
  },
  { settlesInUs: SETTLES_IN_US, noPanCoordinator: 'Spinel has no property for it' },
)
