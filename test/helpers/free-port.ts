/** A port of loopback that nobody listens on. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

export async function freePort(): Promise<number> {
  return (await portAt(0)) ?? freePort()
}

/**
 * Some below those that systems give to connections on their way out: who stops listening for a while finds it free again.
 * @source Linux, ip_local_port_range: from 32768
 */
export async function lowPorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = await portAt(randomInt(16_000, 32_000))
    if (port !== undefined) found.add(port)
  }
  return [...found]
}

/** Undefined when somebody listens there. */
async function portAt(wanted: number): Promise<number | undefined> {
  const server = createServer().listen(wanted, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return undefined
  }
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
