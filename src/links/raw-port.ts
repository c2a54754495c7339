/**
 * Octets to and from one port of a machine on the lab's network: a TCP connection that is opened when something is to be sent, or
 * UDP datagrams to and from that port alone. Everything is bounded. Real I/O.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, isIP, type Socket } from 'node:net'
import type { LabAddress } from './lab-address.ts'

/** Octets of one message, either way. */
export const MAX_RAW_OCTETS = 16_384

export type RawRefusal =
  /** More than `MAX_RAW_OCTETS`. */
  | 'oversized'
  /** More than may be sent in this time. */
  | 'rate'
  /** The other side does not take what waits already. */
  | 'busy'
  /** It could not be reached a moment ago. */
  | 'unreachable'

export interface RawPortOptions {
  target: LabAddress
  onOctets: (octets: Uint8Array) => void
  onOpen: () => void
  /** Why, for people. */
  onClosed: (reason: string) => void
  limits?: Partial<RawLimits>
}

export interface RawLimits {
  /** Octets a second, and at once. */
  octetsPerS: number
  /** Octets that wait for the other side. */
  mostWaiting: number
  connectMs: number
  /** Between an attempt that failed and the next. */
  againMs: number
  /** Without anything passing. */
  idleMs: number
}
export const RAW_LIMITS: RawLimits = {
  octetsPerS: 65_536,
  mostWaiting: 262_144,
  connectMs: 5_000,
  againMs: 1_000,
  idleMs: 300_000,
}

export class RawPort {
  private readonly options: RawPortOptions
  private readonly limits: RawLimits
  private line: TcpLine | UdpLine | undefined
  private notBeforeMs = 0
  private tokens: number
  private filledMs = performance.now()
  private isPaused = false

  constructor(options: RawPortOptions) {
    this.options = options
    this.limits = { ...RAW_LIMITS, ...options.limits }
    this.tokens = this.limits.octetsPerS
  }

  /** Undefined when it is on its way. Nothing at all opens the connection. */
  send(octets: Uint8Array): RawRefusal | undefined {
    if (octets.length > MAX_RAW_OCTETS) return 'oversized'
    if (!this.takeTokens(octets.length)) return 'rate'
    this.line ??= this.open()
    if (!this.line) return 'unreachable'
    if (this.line.waiting + octets.length > this.limits.mostWaiting) return 'busy'
    this.line.write(octets)
    return undefined
  }

  /** Takes no more from the other side, as far as that can be told to wait; what it sends meanwhile by UDP is dropped. */
  pause(paused: boolean): void {
    this.isPaused = paused
    this.line?.pause(paused)
  }

  close(reason: string): void {
    this.line?.close(reason)
  }

  private open(): TcpLine | UdpLine | undefined {
    if (performance.now() < this.notBeforeMs) return undefined
    const { target, onOctets, onOpen, onClosed } = this.options
    const line = new (target.protocol === 'tcp' ? TcpLine : UdpLine)(target, this.limits, {
      onOctets,
      onOpen,
      onClosed: (reason, wasOpen) => {
        if (this.line === line) this.line = undefined
        if (!wasOpen) this.notBeforeMs = performance.now() + this.limits.againMs
        onClosed(reason)
      },
    })
    line.pause(this.isPaused)
    return line
  }

  private takeTokens(octets: number): boolean {
    const now = performance.now()
    const { octetsPerS } = this.limits
    this.tokens = Math.min(octetsPerS, this.tokens + ((now - this.filledMs) / 1_000) * octetsPerS)
    this.filledMs = now
    // An empty message costs something too.
    const cost = Math.max(octets, 64)
    if (this.tokens < cost) return false
    this.tokens -= cost
    return true
  }
}

interface LineEvents {
  onOctets: (octets: Uint8Array) => void
  onOpen: () => void
  onClosed: (reason: string, wasOpen: boolean) => void
}

class TcpLine {
  private readonly socket: Socket
  private reason = 'the other side has closed the connection'

  constructor(
    { address, port }: LabAddress,
    { connectMs, idleMs }: RawLimits,
    { onOctets, onOpen, onClosed }: LineEvents,
  ) {
    const socket = connect({ host: address, port, noDelay: true })
    let wasOpen = false
    socket.setTimeout(connectMs, () => this.close(wasOpen ? `nothing has passed for ${idleMs / 1_000} s` : 'no answer'))
    socket.on('connect', () => {
      wasOpen = true
      socket.setTimeout(idleMs)
      onOpen()
    })
    socket.on('data', chunk => {
      for (let at = 0; at < chunk.length; at += MAX_RAW_OCTETS) onOctets(chunk.subarray(at, at + MAX_RAW_OCTETS))
    })
    socket.on('error', error => {
      this.reason = error.message
    })
    socket.on('close', () => onClosed(this.reason, wasOpen))
    this.socket = socket
  }

  get waiting(): number {
    return this.socket.writableLength
  }
  write(octets: Uint8Array): void {
    this.socket.write(octets)
  }
  pause(paused: boolean): void {
    if (paused) this.socket.pause()
    else this.socket.resume()
  }
  close(reason: string): void {
    this.reason = reason
    this.socket.destroy()
  }
}

class UdpLine {
  private readonly socket: UdpSocket
  private readonly idleMs: number
  private idle: NodeJS.Timeout | undefined
  private outbox: Uint8Array[] | undefined = []
  private isPaused = false
  private reason = ''

  constructor({ address, port }: LabAddress, { idleMs }: RawLimits, { onOctets, onOpen, onClosed }: LineEvents) {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    this.idleMs = idleMs
    let wasOpen = false
    socket.on('connect', () => {
      wasOpen = true
      onOpen()
      for (const octets of this.outbox ?? []) socket.send(octets)
      this.outbox = undefined
    })
    // A connected socket hears nobody else.
    socket.on('message', octets => {
      this.stir()
      if (!this.isPaused && octets.length <= MAX_RAW_OCTETS) onOctets(octets)
    })
    socket.on('error', error => this.close(error.message))
    socket.on('close', () => {
      clearTimeout(this.idle)
      onClosed(this.reason, wasOpen)
    })
    this.socket = socket
    this.stir()
    socket.connect(port, address)
  }

  get waiting(): number {
    return this.outbox === undefined
      ? this.socket.getSendQueueSize()
      : this.outbox.reduce((n, one) => n + one.length, 0)
  }
  write(octets: Uint8Array): void {
    this.stir()
    if (octets.length === 0) return
    if (this.outbox) this.outbox.push(Uint8Array.from(octets))
    else this.socket.send(octets)
  }
  pause(paused: boolean): void {
    this.isPaused = paused
  }
  close(reason: string): void {
    if (this.reason !== '') return
    this.reason = reason
    this.socket.close()
  }

  private stir(): void {
    clearTimeout(this.idle)
    this.idle = setTimeout(() => this.close(`nothing has passed for ${this.idleMs / 1_000} s`), this.idleMs)
  }
}
