/** Asks an open line, in the words of each kind of stick, who is at its other end. Nothing is formed, joined or changed. */
import { setTimeout as pause } from 'node:timers/promises'
import { readable } from '../../base/errors.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import { type AshFrame, encodeAsh } from '../../wire/ash/frame.ts'
import { AshReader } from '../../wire/ash/reader.ts'
import { decodeEzsp, encodeEzsp } from '../../wire/ezsp/frame.ts'
import { MT, type RequestOf, readResponse, requestFrame, type SreqName } from '../../wire/znp/mt.ts'
import { encodeUnpi, MT_TYPE, type UnpiFrame, UnpiReader } from '../../wire/znp/unpi.ts'

/** A kind of firmware that coordinator sticks run. */
export type StickFirmware = 'EZSP' | 'ZNP'

export interface Answer {
  firmware: StickFirmware
  /** For people. */
  says: string
}

/** Tries EZSP, then ZNP. Undefined when neither answers in time; the line is the caller's, as it was. */
export async function whoAnswers(link: ByteLink, patienceMs: number): Promise<Answer | undefined> {
  return (await talk(link, patienceMs, askEzsp)) ?? (await talk(link, patienceMs, askZnp))
}

/** One side of a conversation. */
interface Side {
  say(octets: Uint8Array): void
  /** What is known so far; `isAll`: nothing more is asked. */
  know(answer: Answer, isAll: boolean): void
}
/** Begins to ask; what it returns takes what is answered. */
type Ask = (side: Side) => (octets: Uint8Array) => void

async function talk(link: ByteLink, patienceMs: number, ask: Ask): Promise<Answer | undefined> {
  let known: Answer | undefined
  const late = new AbortController()
  const all = new Promise<void>(resolve => {
    const hear = ask({
      say: octets => void link.write(octets),
      know(answer, isAll) {
        known = answer
        if (isAll) resolve()
      },
    })
    link.listen({ onOctets: octets => hear(octets) })
  })
  await Promise.race([all, pause(patienceMs, undefined, { signal: late.signal }).catch(() => {})])
  late.abort()
  return known
}

/** Resets the NCP, then asks for its version, which begins every conversation. @source UG100, `version`; UG101, RST */
const askEzsp: Ask = ({ say, know }) => {
  const answer = (says: string): Answer => ({ firmware: 'EZSP', says })
  const onFrame = (frame: AshFrame) => {
    switch (frame.type) {
      case 'rstack':
        know(answer('an EZSP co-processor'), false)
        return say(encodeAsh({ type: 'data', frame: 0, ack: 0, retransmitted: false, body: EZSP_VERSION }))
      case 'data': {
        say(encodeAsh({ type: 'ack', ack: (frame.frame + 1) % 8, notReady: false }))
        const version = ezspVersion(frame.body)
        return version === undefined ? undefined : know(answer(`an EZSP co-processor, ${version}`), true)
      }
      default:
    }
  }
  const reader = new AshReader({ onFrame, onBad: () => {} })
  say(encodeAsh({ type: 'rst' }))
  return octets => reader.push(octets)
}

const VERSION = 0x00
const EZSP_VERSION = encodeEzsp({
  ...{ sequence: 0, direction: 'command', format: 'legacy', networkIndex: 0 },
  ...{ asynchronous: false, overflow: false, pending: false },
  ...{ id: VERSION, parameters: Uint8Array.of(13) },
})

/** Protocol, kind of stack, and stack, a hex digit for each of its numbers. */
function ezspVersion(body: Uint8Array): string | undefined {
  const { format, id, parameters } = readable(() => decodeEzsp(body)) ?? {}
  const [protocol, , low, high] = parameters ?? []
  if (format !== 'legacy' || id !== VERSION || low === undefined || high === undefined) return undefined
  return `protocol ${protocol}, EmberZNet ${high >> 4}.${high & 0xf}.${low >> 4}.${low & 0xf}`
}

/** @source TI, Z-Stack Monitor and Test API: SYS_PING, SYS_VERSION */
const askZnp: Ask = ({ say, know }) => {
  const request = <N extends SreqName>(name: N, value: RequestOf<N>) => say(encodeUnpi(requestFrame(name, value)))
  const answers = (name: SreqName, { type, subsystem, command }: UnpiFrame) =>
    type === MT_TYPE.SRSP && subsystem === MT[name].subsystem && command === MT[name].command
  const reader = new UnpiReader(frame => {
    if (answers('SYS_PING', frame)) {
      know({ firmware: 'ZNP', says: 'a Z-Stack co-processor' }, false)
      return request('SYS_VERSION', {})
    }
    if (!answers('SYS_VERSION', frame)) return
    const told = readable(() => readResponse('SYS_VERSION', frame.data))
    if (!told) return
    const { major, minor, maintenance, product, revision } = told
    const says = `a Z-Stack co-processor, product ${product}, ${major}.${minor}.${maintenance}, revision ${revision}`
    know({ firmware: 'ZNP', says }, true)
  })
  request('SYS_PING', {})
  return octets => reader.push(octets)
}
