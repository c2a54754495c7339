/** A line to a broker that a test can cut and mend. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface Cable {
  /** The broker at the far end, through the cable. */
  url: string
  /** Ends every connection through it and refuses new ones. */
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

export async function startCable(brokerUrl: string): Promise<Cable> {
  const { hostname, port } = new URL(brokerUrl)
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer(near => {
    if (!whole) return void near.resetAndDestroy()
    const far = connect({ host: hostname, port: Number(port), noDelay: true })
    near.setNoDelay(true)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address !== 'object') throw new Error('no port for the cable')
  const cut = async () => {
    whole = false
    const gone = [...sockets].map(socket => once(socket, 'close'))
    for (const socket of sockets) socket.resetAndDestroy()
    await Promise.all(gone)
  }
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    cut,
    mend: async () => {
      whole = true
    },
    close: async () => {
      await cut()
      server.close()
    },
  }
}
