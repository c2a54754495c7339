/** A hub whose HAN devices are played by the test: what they serve, report and leave unanswered is up to it. */
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { minutes } from '../../src/base/time.ts'
import { SE_DEVICE, SE_PROFILE } from '../../src/devices/device.ts'
import { Hub } from '../../src/devices/hub/hub.ts'
import type { HubMemory, HubOptions } from '../../src/devices/hub/hub-options.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { HanNode } from '../../src/ports/han.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { decodeMessage, encodeMessage } from '../../src/wan/messages/codec.ts'
import { type RequestKind, requestOf } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { type ZclEndpoint, ZclNode } from '../../src/zcl/node.ts'
import { home, ID } from './device-home.ts'
import { HandLink } from './wan-session-bench.ts'

const CODE = fromHex('83fed3407a939723a5c639b26916d505c3b5')
/** Key the SMSO speaks to this hub with. */
export const KEY = new Uint8Array(32).fill(0x51)

/** Profile of the hub of the dual-fuel rig. */
export const chfProfile = () => home().installation.hub.profile

/** `memory`: what it kept from before; `restart`: what has it go down. */
export function hubBench(profile = chfProfile(), memory?: HubMemory, restart?: HubOptions['restart']) {
  const kernel = new Kernel({ seed: 'hub', startUnixMs: Date.parse('2021-10-13T06:00:00Z') })
  const events: TraceEvent[] = []
  const trace = { emit: (event: TraceEvent) => void events.push(event) }
  const han = new MemoryHan({ clock: kernel, timers: kernel, random: kernel.random.stream('han'), trace })
  const link = new HandLink()
  const around = { deviceId: ID.CHF, clock: kernel, timers: kernel, random: kernel.random, trace }
  const hub = new Hub({ ...around, han: han.coordinator(ID.CHF) }, profile, {
    gpfId: ID.GPF,
    inventory: new Map([
      [ID.ESME, 'ESME'],
      [ID.GSME, 'GSME'],
      [ID.PPMID, 'PPMID'],
    ]),
    network: { panId: 0x1a62, channel: 15 },
    link,
    operators: { newcastle: 'smso' },
    ...{ memory, restart },
    wanMemory: { apn: 'newcastle', keys: [['smso', toHex(KEY)]], counters: [], ownCounter: 0 },
  })
  hub.start()
  link.accept('newcastle')
  let counter = memory ? 1_000 : 0
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  const send = <K extends RequestKind>(kind: K, targetDevice: string, parameters: NonNullable<Request[K]>) => {
    const id = `t-${++counter}`
    const request = requestOf(kind, parameters)
    const message = { id, correlationId: '', originator: 'smso', targetDevice, counter, sentAtMs: 0, request }
    kernel.after(0, 'down', () => link.listener?.onMessage(encodeMessage(message, KEY)))
    return (): Response | undefined =>
      link.sent.map(octets => decodeMessage(octets).message).find(({ correlationId }) => correlationId === id)?.response
  }
  /** A device on the HAN, joined, with an endpoint 1 for the test to fill. */
  const device = (eui64: string, role: 'router' | 'sleepy-end-device'): { node: HanNode; endpoint: ZclEndpoint } => {
    const node = han.node(eui64, role)
    const zcl = new ZclNode({ han: node, timers: kernel, trace })
    const endpoint = zcl.endpoint({ endpoint: 1, profileId: SE_PROFILE, deviceId: SE_DEVICE.meter })
    hub.whitelist.add(eui64, CODE)
    hub.whitelist.open(minutes(1))
    node.join(CODE)
    run(minutes(1))
    return { node, endpoint }
  }
  return {
    kernel,
    hub,
    han,
    link,
    events,
    run,
    send,
    device,
    asks: send,
    ask: <K extends RequestKind>(kind: K, target: string, parameters: NonNullable<Request[K]>) => {
      const answer = send(kind, target, parameters)
      kernel.runUntil(kernel.nowUs() + minutes(10), () => answer() !== undefined)
      return answer()
    },
  }
}
