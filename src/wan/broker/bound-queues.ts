/** aedes keeps messages for absent clients without end; this gives the queues one. */
import type { Aedes } from 'aedes'

/** The part of aedes' persistence that fills the queues. @source aedes-persistence 11, README */
interface Persistence {
  outgoingEnqueueCombi(subscriptions: readonly { clientId: string }[], packet: object): Promise<void>
}

/** Keeps at most `limit` messages for each absent client of a listening broker; calls `onFull` for each one not kept. */
export function boundQueues(aedes: Aedes, limit: number, onFull: () => void): void {
  const persistence: Persistence = Reflect.get(aedes, 'persistence')
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence)
  const present = new Set<string>()
  const kept = new Map<string, number>()
  aedes.on('client', client => {
    present.add(client.id)
    kept.delete(client.id)
  })
  aedes.on('clientDisconnect', client => present.delete(client.id))
  const hasRoom = ({ clientId }: { clientId: string }) => {
    if (present.has(clientId)) return true
    const count = kept.get(clientId) ?? 0
    if (count >= limit) {
      onFull()
      return false
    }
    kept.set(clientId, count + 1)
    return true
  }
  persistence.outgoingEnqueueCombi = (subscriptions, packet) => enqueue(subscriptions.filter(hasRoom), packet)
}
