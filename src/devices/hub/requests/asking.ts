/** How a hub asks the devices of its HAN on behalf of a request; E21 when there is no answer. */
import type { Eui64, Micros } from '../../../base/ids.ts'
import type { ResponseCode } from '../../../wan/messages/response-codes.ts'
import type { DeviceType } from '../../../wan/service-catalogue.ts'
import type { AttributeName, ClusterName, CommandName, CommandPayload } from '../../../zcl/clusters.ts'
import type { ReadOutcome, RequestOutcome } from '../../../zcl/endpoint-types.ts'
import { Status } from '../../../zcl/status.ts'
import type { Peer } from '../../../zcl/transactions.ts'
import type { Hub } from '../hub.ts'

/** Every HAN device of ours keeps its clusters on this endpoint; discovery by descriptor comes with the radio stack. */
const DEVICE_ENDPOINT = 1

/** What a request may be asked of. */
export type Target = DeviceType

/** Who asks whom, for how long at most, and what becomes of it when there is no answer. */
export interface Asking {
  hub: Hub
  device: Eui64
  target: Target
  /** Until when a sleeping device may take to collect what is asked of it. */
  sleeperDeadlineUs: Micros
  fail: (code: ResponseCode, detail?: string) => void
}

type Values<C extends ClusterName, A extends AttributeName<C>> = Extract<ReadOutcome<C, A>, { ok: true }>['values']
type Answered<C extends ClusterName, N extends string> = Extract<RequestOutcome<C, N>, { ok: true }>['response']
type NoAnswer = { ok: false; reason: string }

export function readFrom<C extends ClusterName, A extends AttributeName<C>>(
  asking: Asking,
  cluster: C,
  names: readonly A[],
  use: (values: Values<C, A>) => void,
): void {
  asking.hub.esi.read(peerOf(asking), cluster, names, outcome => {
    if (outcome.ok) use(outcome.values)
    else otherwise(asking, outcome, () => readFrom(asking, cluster, names, use))
  })
}

export function commandTo<C extends ClusterName, N extends CommandName<C>>(
  asking: Asking,
  cluster: C,
  command: N,
  payload: CommandPayload<C, N>,
  use: (response: Answered<C, N>) => void,
): void {
  asking.hub.esi.request(peerOf(asking), cluster, command, payload, outcome => {
    if (outcome.ok) use(outcome.response)
    else otherwise(asking, outcome, () => commandTo(asking, cluster, command, payload, use))
  })
}

/** A question that may have no answer: undefined when the device has nothing to say to it. */
export function askOrNone<C extends ClusterName, N extends CommandName<C>>(
  asking: Asking,
  cluster: C,
  command: N,
  payload: CommandPayload<C, N>,
  use: (response: Answered<C, N> | undefined) => void,
): void {
  asking.hub.esi.request(peerOf(asking), cluster, command, payload, outcome => {
    if (outcome.ok) use(outcome.response)
    else if (outcome.reason === 'default-response' && outcome.status === Status.NOT_FOUND) use(undefined)
    else otherwise(asking, outcome, () => askOrNone(asking, cluster, command, payload, use))
  })
}

/** At once for a device that listens always; when it is heard for the gas meter, E21 when that takes too long. */
export function whenReachable(asking: Asking, act: () => void): void {
  if (asking.target === 'GSME') whenAwake(asking, act)
  else act()
}

/** What a sleeper did not collect before it fell asleep again is asked when it is heard next. */
export function otherwise(asking: Asking, { reason }: NoAnswer, again: () => void): void {
  if (reason === 'expired') whenAwake(asking, again)
  else asking.fail('E21', reason)
}

function whenAwake({ hub, device, sleeperDeadlineUs, fail }: Asking, act: () => void): void {
  const withinUs = Math.max(0, sleeperDeadlineUs - hub.clock.nowUs())
  const tooLate = () => fail('E21', `it did not wake within ${hub.profile.han.sleeperTimeoutS} s`)
  hub.awaited.whenAwake(device, withinUs, act, tooLate)
}

/** Where a device keeps its clusters. */
export const peerOf = ({ device }: Asking): Peer => ({ device, endpoint: DEVICE_ENDPOINT })
