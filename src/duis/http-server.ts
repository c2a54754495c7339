/**
 * The door as an HTTP server. `POST /` takes a service request; `GET /messages?after=N` gives the next answer or alert. Every
 * size, time and number of connections has an end.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UsageError } from '../base/errors.ts'
import type { Door } from './door.ts'
import type { MessageBox } from './message-box.ts'
import { DuisProblem } from './problem.ts'
import { LONGEST_DOCUMENT, XmlReader } from './xml-reader.ts'

export interface HttpOptions {
  host: string
  /** 0: any free one. */
  port: number
  door: Door
  box: MessageBox
  onProblem: (text: string) => void
}

export interface HttpDoor {
  /** Such as `http://127.0.0.1:8080/`. */
  url: string
  close: () => Promise<void>
}

/** Bounds. @source assumed */
const MOST_CONNECTIONS = 64
/** Documents read at once: each may be as long as the longest. */
const MOST_READING = 8
const HEADERS_OCTETS = 8_192
const HEADERS_MS = 10_000
const REQUEST_MS = 60_000
const LONGEST_WAIT_S = 300
const XML_TYPES = ['application/xml', 'text/xml', 'application/soap+xml']

/** @throws UsageError when it cannot listen there */
export async function openHttpDoor(options: HttpOptions): Promise<HttpDoor> {
  const { host, port, onProblem } = options
  let reading = 0
  const server = createServer({ maxHeaderSize: HEADERS_OCTETS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS })
  server.maxConnections = MOST_CONNECTIONS
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const read = async () => {
      if (reading >= MOST_READING) throw new Refusal(503, 'busy', `${MOST_READING} documents are being read already`)
      reading++
      try {
        return await readDocument(request)
      } finally {
        reading--
      }
    }
    answer(request, { ...options, read, gone: gone.signal })
      .catch(error =>
        error instanceof Refusal || error instanceof DuisProblem ? told(error) : internal(error, onProblem),
      )
      .then(reply => send(request, response, reply))
      .catch(error => onProblem(`duis: ${error instanceof Error ? error.message : error}`))
  })
  await listen(server, host, port)
  const { port: found } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${found}/`,
    close: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

interface Reply {
  status: number
  headers?: Readonly<Record<string, string>>
  type?: 'application/xml' | 'application/problem+json'
  text?: string
}

/** An HTTP request that is not carried out. */
class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

type Context = HttpOptions & {
  read: () => Promise<{ root: ReturnType<XmlReader['end']>; digest: string }>
  gone: AbortSignal
}

async function answer(request: IncomingMessage, context: Context): Promise<Reply> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://door')
  switch (pathname) {
    case '/':
      return takeRequest(request, searchParams, context)
    case '/messages':
      return nextMessage(request, searchParams, context)
    default:
      throw new Refusal(404, 'path', 'POST / or GET /messages expected')
  }
}

async function takeRequest(request: IncomingMessage, query: URLSearchParams, { door, read }: Context): Promise<Reply> {
  allow(request, 'POST')
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!XML_TYPES.includes(type)) {
    throw new Refusal(415, 'content-type', `${XML_TYPES.join(', ')} expected, found ${type || 'none'}`)
  }
  const waitMs = 1_000 * whole(query, 'wait', LONGEST_WAIT_S)
  const { root, digest } = await read()
  const reply = await door.take(root, digest, waitMs)
  if (reply.is === 'busy') throw new Refusal(503, 'busy', 'too many requests are under way', { 'Retry-After': '5' })
  return { status: 200, type: 'application/xml', text: reply.document }
}

async function nextMessage(request: IncomingMessage, query: URLSearchParams, { box, gone }: Context): Promise<Reply> {
  allow(request, 'GET')
  const next = await box.next(
    whole(query, 'after', Number.MAX_SAFE_INTEGER),
    1_000 * whole(query, 'wait', LONGEST_WAIT_S),
    gone,
  )
  if (!next) return { status: 204 }
  return { status: 200, type: 'application/xml', headers: { 'S1rig-Message': `${next.number}` }, text: next.document }
}

function allow({ method }: IncomingMessage, allowed: string): void {
  if (method !== allowed) throw new Refusal(405, 'method', `${allowed} expected`, { Allow: allowed })
}

/** A number in the query, 0 when absent. */
function whole(query: URLSearchParams, name: string, greatest: number): number {
  const text = query.get(name) ?? '0'
  const value = Number(text)
  if (/^\d{1,16}$/.test(text) && value <= greatest) return value
  throw new Refusal(400, 'query', `${name}: a whole number 0 to ${greatest} expected, found ${text.slice(0, 32)}`)
}

async function readDocument(request: IncomingMessage) {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > LONGEST_DOCUMENT) {
    throw new Refusal(413, 'duis.bound', `at most ${LONGEST_DOCUMENT} octets expected, found ${announced}`)
  }
  const reader = new XmlReader()
  const hash = createHash('sha256')
  for await (const octets of request as AsyncIterable<Buffer>) {
    hash.update(octets)
    reader.write(octets)
  }
  return { root: reader.end(), digest: hash.digest('hex') }
}

/** @source RFC 9457, problem details */
function told(error: Refusal | DuisProblem): Reply {
  const isDocument = error instanceof DuisProblem
  const status = isDocument ? (error.code === 'duis.bound' ? 413 : 400) : error.status
  const where = isDocument ? { ...error.place, expected: error.expected, found: error.found } : {}
  return {
    status,
    type: 'application/problem+json',
    headers: isDocument ? {} : error.headers,
    text: `${JSON.stringify({ type: 'about:blank', status, code: error.code, detail: error.message, ...where })}\n`,
  }
}

function internal(error: unknown, onProblem: (text: string) => void): Reply {
  onProblem(`duis: ${error instanceof Error ? error.stack : error}`)
  return { status: 500 }
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, type, text }: Reply): void {
  if (response.destroyed) return
  // What is left of a document that was refused is not read.
  const unread = !request.complete
  response.writeHead(status, {
    ...headers,
    ...(type && { 'Content-Type': `${type}; charset=utf-8` }),
    ...(unread && { Connection: 'close' }),
    'Cache-Control': 'no-store',
  })
  response.end(text)
  if (unread) response.on('finish', () => request.destroy())
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(new UsageError(`--listen ${host}:${port}: ${error.message}`)))
    server.listen(port, host, resolve)
  })
}
