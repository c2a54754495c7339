/**
 * Octets that only grow, in pages: what a flash chip holds of an image. A full page never changes any more, so that keeping a long
 * image again costs no more than its last page.
 */
const PAGE = 4_096

/** What survives a restart: all pages but the last are full, each as base64. */
export interface OctetsMemory {
  pages: readonly string[]
}

export class PagedOctets {
  private readonly pages: Uint8Array[] = []
  /** Full pages as they are kept. */
  private readonly kept: string[] = []
  private count = 0

  /** `memory`: from before a restart. */
  constructor(memory?: OctetsMemory) {
    for (const page of memory?.pages ?? []) this.append(Buffer.from(page, 'base64'))
  }

  get length(): number {
    return this.count
  }

  append(octets: Uint8Array): void {
    let done = 0
    while (done < octets.length) {
      const within = this.count % PAGE
      if (within === 0) this.pages.push(new Uint8Array(PAGE))
      const part = octets.subarray(done, done + PAGE - within)
      this.pages.at(-1)?.set(part, within)
      this.count += part.length
      done += part.length
    }
  }

  /** A copy of what there is of `length` octets from `offset` on. */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.count)
    const octets = new Uint8Array(Math.max(0, end - offset))
    for (let at = offset; at < end; ) {
      const within = at % PAGE
      const part = this.page(Math.floor(at / PAGE)).subarray(within, within + end - at)
      octets.set(part, at - offset)
      at += part.length
    }
    return octets
  }

  /** All of it, piece by piece: views, not copies. */
  *pieces(): Generator<Uint8Array> {
    for (const index of this.pages.keys()) yield this.page(index)
  }

  /** Pages that are full are the same each time. */
  memory(): OctetsMemory {
    while (this.kept.length < Math.floor(this.count / PAGE)) this.kept.push(toBase64(this.page(this.kept.length)))
    const last = this.page(this.kept.length)
    return { pages: last.length > 0 ? [...this.kept, toBase64(last)] : this.kept.slice() }
  }

  /** What is written of a page. */
  private page(index: number): Uint8Array {
    return this.pages[index]?.subarray(0, this.count - index * PAGE) ?? new Uint8Array()
  }
}

const toBase64 = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64')
