/** What every HanNode and HanCoordinator must do, whatever is below: the memory HAN, a radio stack, a stick. */
import { describe } from 'vitest'
import type { HanLimits, MakeHanBench } from './han-bench.ts'
import { hanDeliveryContract } from './han-delivery-contract.ts'
import { hanDiscoveryContract } from './han-discovery-contract.ts'
import { hanJoiningContract } from './han-joining-contract.ts'
import { hanSleeperContract } from './han-sleeper-contract.ts'

/** Tests one implementation; `make` is called once per test. */
export function hanNodeContract(name: string, make: MakeHanBench, limits: HanLimits = {}): void {
  describe(`the HAN node contract: ${name}`, () => {
    hanJoiningContract(make, limits)
    hanDeliveryContract(make, limits)
    hanSleeperContract(make, limits)
    hanDiscoveryContract(make, limits)
  })
}
