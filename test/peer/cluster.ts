/** A cluster for one test, gone when that is over. */
import { onTestFinished } from 'vitest'
import { NatsCluster } from '../helpers/nats-cluster.ts'
import { needs } from './strangers.ts'

/** Three nodes of nats-server; skips the running test where that is not installed. */
export async function startCluster(context: Parameters<typeof needs>[0]): Promise<NatsCluster> {
  const cluster = await NatsCluster.start(needs(context, 'nats-server'))
  onTestFinished(() => cluster.stop())
  return cluster
}
