/** Short messages that have arrived, in the numbered places of the SIM. */
import type { ShortMessage } from '../../ports/wan.ts'

/** Places of a SIM. Assumed. */
export const SMS_PLACES = 20

export interface StoredMessage extends ShortMessage {
  /** 1 and up. */
  index: number
  read: boolean
}

export class MessageStore {
  private readonly places = new Map<number, StoredMessage>()

  get used(): number {
    return this.places.size
  }
  /** In the first free place; undefined when there is none. */
  add(message: ShortMessage): StoredMessage | undefined {
    for (let index = 1; index <= SMS_PLACES; index++) {
      if (this.places.has(index)) continue
      const stored = { ...message, index, read: false }
      this.places.set(index, stored)
      return stored
    }
    return undefined
  }
  get(index: number): StoredMessage | undefined {
    return this.places.get(index)
  }
  list(): StoredMessage[] {
    return [...this.places.values()].sort((a, b) => a.index - b.index)
  }
  remove(index: number): boolean {
    return this.places.delete(index)
  }
}
