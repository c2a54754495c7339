/** Messages of the parties on their way: published, waited for in simulated time, and sent again when the broker lost them. */
import { setTimeout as pause } from 'node:timers/promises'
import { InvariantError } from '../base/errors.ts'
import type { Micros } from '../base/ids.ts'
import type { BrokerClient } from '../ports/broker.ts'
import { MessageLostError, type RigControl } from '../ports/rig-control.ts'
import type { Role } from './inbox.ts'

/** Times a message is sent again when the broker lost it. */
const RESENDS = 3
/** Wall time a broker has to acknowledge what it was sent, once nothing else is waited for. */
const ACKNOWLEDGE_MS = 2_000

/** Who sends what. */
export interface Letter {
  installation: string
  role: Role
  topic: string
  payload: Uint8Array
}

export class Delivery {
  private readonly control: RigControl
  private readonly clients: ReadonlyMap<Role, BrokerClient>

  /** `clients`: of the parties that are connected. */
  constructor(control: RigControl, clients: ReadonlyMap<Role, BrokerClient>) {
    this.control = control
    this.clients = clients
  }

  /**
   * Sends, and waits until something is so (true) or the time is over (false). What the broker lost is sent again, the same octets: a
   * hub answers a request it has had as it did before.
   * @throws MessageLostError when the broker is out of reach, or does not take it
   */
  async send(letter: Letter, until: () => boolean, withinUs: Micros): Promise<boolean> {
    const { installation, role, topic, payload } = letter
    const { control } = this
    const client = this.client(role)
    for (let attempt = 0; ; attempt++) {
      let taken = false
      control.sending(installation, topic, payload)
      const publishing = client.publish(topic, payload)
      publishing.then(
        () => {
          taken = true
        },
        () => {},
      )
      try {
        if (await control.waitFor(installation, until, withinUs)) return true
      } catch (error) {
        // What the broker has not taken is still being sent: sending it twice would help nobody.
        const resend = error instanceof MessageLostError && taken && client.connected && attempt < RESENDS
        if (!resend) throw error
        control.forgetUnderWay(installation)
        continue
      }
      const ask = async () => {
        // A broker may deliver before it acknowledges, and virtual time runs out in between.
        if (!taken && client.connected) {
          await Promise.race([publishing.catch(() => {}), pause(ACKNOWLEDGE_MS, undefined, { ref: false })])
        }
        if (!taken) return 'no'
        return client.connected ? 'yes' : 'away'
      }
      const name = `${topic} taken by the broker`
      const answer = await control.ask(installation, { name, answers: ['yes', 'no', 'away'], ask })
      if (answer === 'no') throw new MessageLostError(`the broker did not take what ${role} published to ${topic}`)
      if (answer === 'away') throw new MessageLostError(`the broker is out of reach for ${role}`)
      return false
    }
  }

  private client(role: Role): BrokerClient {
    const client = this.clients.get(role)
    if (!client) throw new InvariantError(`${role} is not connected`)
    return client
  }
}
