/**
 * Payloads that come in blocks, put together again. Bounded: transfers at once, blocks and octets of each, and time.
 * @source ZigBee PRO, 2.2.8.4.5 fragmented transmissions
 */
import { ByteWriter } from '../../base/bytes.ts'
import { seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'

/** From the last block heard: the sender tries each block four times, 2.1 s apart. */
const PATIENCE_US = seconds(10)
/** Beyond this the one silent longest makes room: half a transfer from anybody keeps nobody out. */
const TRANSFERS = 8
/** Blocks shorter than this are not worth a frame; it bounds their number. */
const SHORTEST_BLOCK = 16

/** One block: the first, which says how many there are, or a later one, which says its number. */
export type Block = { total: number; octets: Uint8Array } | { number: number; octets: Uint8Array }

export type Reassembled =
  /** Kept, or had already: to be acknowledged. */
  { is: 'kept' } | { is: 'repeated' } | { is: 'complete'; octets: Uint8Array } | { is: 'refused' }

interface Transfer {
  total: number
  blocks: Map<number, Uint8Array>
  octets: number
  complete: boolean
  timer: Timer
}

export class Reassembly {
  private readonly timers: Timers
  private readonly maxOctets: number
  private readonly onIncomplete: () => void
  private readonly transfers = new Map<string, Transfer>()

  constructor(options: { timers: Timers; maxOctets: number; onIncomplete: () => void }) {
    this.timers = options.timers
    this.maxOctets = options.maxOctets
    this.onIncomplete = options.onIncomplete
  }

  /** Transfers of which something is kept. */
  get count(): number {
    return this.transfers.size
  }

  /** `name` tells one transfer from every other: sender, counter and all that the blocks have in common. */
  take(name: string, block: Block): Reassembled {
    const number = 'number' in block ? block.number : 0
    const known = this.transfers.get(name)
    const had = known?.blocks.get(number)
    if (had && sameOctets(had, block.octets)) return { is: 'repeated' }
    if ('number' in block) return known ? this.keep(name, known, number, block.octets) : { is: 'refused' }
    // Another first block under a known name: the counter came round, or the sender began again.
    this.drop(name)
    const begun = this.begin(name, block.total)
    return begun ? this.keep(name, begun, 0, block.octets) : { is: 'refused' }
  }

  clear(): void {
    for (const name of [...this.transfers.keys()]) this.drop(name)
  }

  private begin(name: string, total: number): Transfer | undefined {
    if (total < 1 || total > Math.ceil(this.maxOctets / SHORTEST_BLOCK)) return undefined
    const [longestSilent] = this.transfers.keys()
    if (this.transfers.size >= TRANSFERS && longestSilent !== undefined) this.expire(longestSilent)
    const transfer = { total, blocks: new Map(), octets: 0, complete: false, timer: this.arm(name) }
    this.transfers.set(name, transfer)
    return transfer
  }

  private keep(name: string, transfer: Transfer, number: number, octets: Uint8Array): Reassembled {
    const tooMuch = transfer.octets + octets.length > this.maxOctets
    if (transfer.blocks.has(number) || number >= transfer.total || tooMuch) return { is: 'refused' }
    transfer.blocks.set(number, octets.slice())
    transfer.octets += octets.length
    transfer.timer.cancel()
    transfer.timer = this.arm(name)
    this.transfers.delete(name)
    this.transfers.set(name, transfer)
    if (transfer.blocks.size < transfer.total) return { is: 'kept' }
    transfer.complete = true
    const whole = new ByteWriter(transfer.octets)
    for (let at = 0; at < transfer.total; at++) whole.bytes(transfer.blocks.get(at) ?? new Uint8Array())
    return { is: 'complete', octets: whole.finish() }
  }

  private arm(name: string): Timer {
    return this.timers.after(PATIENCE_US, 'aps reassembly', () => this.expire(name))
  }

  /** A complete one was kept only to know repetitions of its blocks. */
  private expire(name: string): void {
    if (this.transfers.get(name)?.complete === false) this.onIncomplete()
    this.drop(name)
  }

  private drop(name: string): void {
    this.transfers.get(name)?.timer.cancel()
    this.transfers.delete(name)
  }
}

const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
