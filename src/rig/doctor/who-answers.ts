/** Asks an open line, in the words of each kind of stick, who is at its other end. Nothing is formed, joined or changed. */
import { setTimeout as pause } from 'node:timers/promises'
import type { ByteLink } from '../../ports/byte-link.ts'
import { ASH_VERSION, encodeAsh } from '../../wire/ash/frame.ts'
import { AshReader } from '../../wire/ash/reader.ts'

/** A kind of firmware that coordinator sticks run. */
export type StickFirmware = 'EZSP' | 'ZNP'

export interface Answer {
  firmware: StickFirmware
  /** For people. */
  says: string
}

/** Tries EZSP, then ZNP. Undefined when neither answers in time; the line is the caller's, as it was. */
export async function whoAnswers(link: ByteLink, patienceMs: number): Promise<Answer | undefined> {
  const ezsp = await exchange(link, { question: encodeAsh({ type: 'rst' }), ear: ashEar(), patienceMs })
  return ezsp ?? exchange(link, { question: ZNP_PING, ear: znpEar(), patienceMs })
}

/** Takes octets as they come; an answer once it is complete. */
type Ear = (octets: Uint8Array) => Answer | undefined

async function exchange(
  link: ByteLink,
  { question, ear, patienceMs }: { question: Uint8Array; ear: Ear; patienceMs: number },
): Promise<Answer | undefined> {
  const over = new AbortController()
  let heard: Answer | undefined
  const said = new Promise<void>(resolve => {
    link.listen({
      onOctets: octets => {
        heard ??= ear(octets)
        if (heard) resolve()
      },
    })
  })
  link.write(question)
  await Promise.race([said, pause(patienceMs, undefined, { signal: over.signal }).catch(() => {})])
  over.abort()
  return heard
}

function ashEar(): Ear {
  let answer: Answer | undefined
  const reader = new AshReader({
    onFrame: frame => {
      if (frame.type !== 'rstack' && frame.type !== 'error') return
      const known = frame.version === ASH_VERSION ? '' : `, ${ASH_VERSION} expected`
      answer = { firmware: 'EZSP', says: `an EZSP co-processor (ASH ${frame.version}${known})` }
    },
    onBad: () => {},
  })
  return octets => {
    reader.push(octets)
    return answer
  }
}

/** SYS_PING: start, length 0, SREQ of SYS, command, check octet. @source TI, Z-Stack Monitor and Test API */
const ZNP_PING = Uint8Array.of(0xfe, 0x00, 0x21, 0x01, 0x20)
/** Start, length 2, SRSP of SYS, command; then capabilities and check octet. */
const ZNP_PONG = Uint8Array.of(0xfe, 0x02, 0x61, 0x01)
const MOST_HEARD = 512

function znpEar(): Ear {
  let heard = Buffer.alloc(0)
  return octets => {
    heard = Buffer.concat([heard, octets]).subarray(-MOST_HEARD)
    const at = heard.indexOf(ZNP_PONG)
    return at >= 0 && heard.length >= at + 7 ? { firmware: 'ZNP', says: 'a Z-Stack co-processor (ZNP)' } : undefined
  }
}
