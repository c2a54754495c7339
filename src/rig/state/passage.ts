/** How messages pass between broker and rig: straight through, or kept on the way where there is a state. */
import type { BrokerMessage } from '../../ports/broker.ts'
import type { Letter } from './mail.ts'
import type { RigState } from './rig-state.ts'

export interface PassageOptions {
  state: RigState | undefined
  /** Whether parties of ours receive what leaves: then it is theirs when they have it, not when the broker has. */
  driven: boolean
}

export class Passage {
  private readonly options: PassageOptions
  /** On their way to parties of ours: what says that they have arrived. */
  private readonly expected = new Map<string, (() => void)[]>()
  /** What came before the rig was up; undefined once it is. */
  private early: (() => void)[] | undefined

  constructor(options: PassageOptions) {
    this.options = options
    this.early = options.state && []
  }

  /** The rig is up: what an earlier life did not carry out comes in now, then what a broker kept while nobody was there. */
  open(take: (message: BrokerMessage) => void): void {
    const early = this.early ?? []
    this.early = undefined
    for (const message of this.options.state?.mail.unfinished ?? []) take(message)
    for (const act of early) act()
  }

  /** A message has come; `act` hands it to whom it is for, and what that does later goes through `later`. */
  take(message: BrokerMessage, act: () => void): void {
    const mail = this.options.state?.mail
    mail?.take(message)
    const carryOut = () => {
      act()
      mail?.done(message)
    }
    if (this.early) this.early.push(carryOut)
    else carryOut()
  }
  /** Part of what a message asks for, which happens later, to this installation. */
  later(message: BrokerMessage, installation: string, act: () => void): () => void {
    return this.options.state?.mail.later(message, installation, act) ?? act
  }

  /** Before anything leaves; undefined where nothing has to wait. */
  get post(): ((letter: Letter, kept: boolean) => Promise<() => void>) | undefined {
    const { state } = this.options
    if (!state) return undefined
    return async (letter, kept) => {
      if (kept) return this.answeredFor(letter, await state.mail.post(letter))
      await state.keeper.settled(letter.installation)
      return () => {}
    }
  }

  /** Parties of ours have this, and keep it with what they know of the installation. */
  arrived({ topic, payload }: Pick<BrokerMessage, 'topic' | 'payload'>, installation = ''): void {
    this.options.state?.keeper.touch(installation)
    const key = keyOf(topic, payload)
    const [delivered, ...others] = this.expected.get(key) ?? []
    if (others.length > 0) this.expected.set(key, others)
    else this.expected.delete(key)
    delivered?.()
  }

  /** What died on its way in an earlier life. */
  get unacknowledged(): (Letter & { delivered: () => void })[] {
    const letters = this.options.state?.mail.unacknowledged ?? []
    return letters.map(letter => ({ ...letter, delivered: this.answeredFor(letter, letter.delivered) }))
  }

  private answeredFor({ topic, payload }: Letter, delivered: () => void): () => void {
    if (!this.options.driven) return delivered
    const key = keyOf(topic, payload)
    this.expected.set(key, [...(this.expected.get(key) ?? []), delivered])
    return () => {}
  }
}

const keyOf = (topic: string, payload: Uint8Array): string => `${topic} ${Buffer.from(payload).toString('base64')}`
