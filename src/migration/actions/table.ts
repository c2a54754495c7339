/** What each action of a Group file does, and whether it exchanges traffic with a device. */
import type { Need } from '../../ports/rig-control.ts'
import { matchEligibleCombination } from '../eligible-combination.ts'
import type { ActionName, Step } from '../group.ts'
import type { DeclaredDevice, Outcome, StepContext } from '../step-context.ts'
import * as devices from './device-steps.ts'
import * as firmware from './firmware-steps.ts'
import * as network from './network-steps.ts'
import * as simSteps from './sim-steps.ts'

interface Action<A extends ActionName> {
  /** The hub counts as a device. */
  touchesDevice: boolean
  /** It asks the device itself, over the HAN, which then must do this; without it, no more than the hub is asked. */
  overHan?: readonly Need[]
  /** Steps that name device types are given one device each. */
  carryOut: (context: StepContext, step: Extract<Step, { action: A }>, device: DeclaredDevice) => Promise<Outcome>
}

/** Metering and Time are secured with link keys, Basic is not. @source ZigBee Smart Energy profile 1.x, 5.4.6 */
const SECURED: readonly Need[] = ['smart-energy', 'link-keys']

const ACTIONS: { readonly [A in ActionName]: Action<A> } = {
  'reach-hub': { touchesDevice: true, carryOut: network.reachHub },
  'read-identity': { touchesDevice: true, overHan: ['smart-energy'], carryOut: devices.readIdentity },
  'record-firmware': { touchesDevice: true, overHan: ['smart-energy'], carryOut: devices.recordFirmware },
  'check-firmware': { touchesDevice: true, overHan: ['smart-energy'], carryOut: devices.checkFirmware },
  'upgrade-firmware': { touchesDevice: true, overHan: SECURED, carryOut: firmware.upgradeFirmware },
  'list-devices': { touchesDevice: true, carryOut: devices.listDevice },
  'check-whitelist': { touchesDevice: true, carryOut: devices.checkWhitelist },
  'check-clock': { touchesDevice: true, overHan: SECURED, carryOut: devices.checkClock },
  'give-credentials': { touchesDevice: true, carryOut: network.giveCredentials },
  'transfer-sim': { touchesDevice: false, carryOut: network.transferSim },
  'set-plan': { touchesDevice: false, carryOut: network.setPlan },
  'allocate-address': { touchesDevice: false, carryOut: network.allocateAddress },
  'send-imsi-file': { touchesDevice: false, carryOut: network.sendImsiFile },
  'match-eligible-combination': {
    touchesDevice: false,
    carryOut: context => Promise.resolve(matchEligibleCombination(context)),
  },
  'switch-apn': { touchesDevice: true, carryOut: network.switchApn },
  gt01: { touchesDevice: true, carryOut: devices.gt01 },
  'rotate-credentials': { touchesDevice: true, carryOut: network.rotateCredentials },
  'read-registers': { touchesDevice: true, overHan: SECURED, carryOut: devices.readRegisters },
  'read-profile': { touchesDevice: true, overHan: SECURED, carryOut: devices.readProfile },
  commission: { touchesDevice: true, overHan: SECURED, carryOut: devices.commission },
  'tell-supplier': { touchesDevice: false, carryOut: network.tellSupplier },
  'read-log': { touchesDevice: true, carryOut: devices.readLog },
  'prove-no-answer': { touchesDevice: true, carryOut: network.proveNoAnswer },
  'prove-refused': { touchesDevice: true, carryOut: network.proveRefused },
  'return-apn': { touchesDevice: true, carryOut: network.returnApn },
  'pass-sim-files': { touchesDevice: false, carryOut: simSteps.passSimFiles },
  'check-sim': { touchesDevice: false, carryOut: simSteps.checkSim },
}

/** What a step needs of the HAN between the hub and its device; undefined when it does not go over the HAN. */
export function needsOf({ action }: Step, device: DeclaredDevice | undefined): readonly Need[] | undefined {
  const inHub = device === undefined || device.type === 'CHF' || device.type === 'GPF'
  return inHub ? undefined : ACTIONS[action].overHan
}

export const touchesDevice = (action: ActionName): boolean => ACTIONS[action].touchesDevice

export function carryOut<A extends ActionName>(
  context: StepContext,
  step: Extract<Step, { action: A }>,
  device: DeclaredDevice | undefined,
): Promise<Outcome> {
  const action: Action<A> = ACTIONS[step.action as A]
  return action.carryOut(context, step, device as DeclaredDevice)
}
