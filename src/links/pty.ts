/**
 * A pseudo terminal that a foreign host opens like a serial port. Node cannot make one itself; the optional package
 * `@lydell/node-pty` brings the call, ready made. Each host gets a terminal of its own, one after the other, at the same path.
 * A child process made meanwhile holds our end, too: while it lives, a host sees the terminal hung up only when both let go.
 */
import { execFile } from 'node:child_process'
import { closeSync, lstatSync, readlinkSync, readSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import { promisify } from 'node:util'
import { UsageError } from '../base/errors.ts'
import type { ByteLink } from '../ports/byte-link.ts'
import type { Connection, LinkOptions } from './link-end.ts'
import { type Dial, redial } from './redial.ts'
import { reasonOf, StreamConnection } from './stream-connection.ts'

export interface PtyAddress {
  /** Where the symbolic link to the pseudo terminal is put. */
  path: string
}

/** Hosts open, close and open again within moments; nobody else has to be spared. */
const BACK_OFF = { firstMs: 1, mostMs: 50 }
/** How often it is looked whether a host has opened the terminal. */
const LOOK_MS = 10
/** A host that has opened a terminal sets it up, and throws away what came before that: so long it may take. Assumed. */
const SET_UP_MS = 50
/** Most octets a host may have written before it was seen. */
const FIRST_WORDS = 4_096
/** A terminal that is let go takes away what its host has not read yet: so long it may take. */
const LAST_READ_MS = 250
/** How long until octets are offered again to a terminal that is full. */
const FULL_MS = 2

/** What is used of the package: its own parts read both ends, and a host would get half. @source @lydell/node-pty 1.1.0, requireBinary */
interface Binding {
  /** Both ends of a new terminal; reading and writing them does not wait. Throws where the system has none to give. */
  open(columns: number, rows: number): { master: number; slave: number; pty: string }
}

/** A terminal that passes octets as they are; nobody has its other end open. */
interface Terminal {
  /** Our end, a file descriptor. */
  master: number
  /** The host's end, `/dev/pts/…`. */
  device: string
}

/** Up while a host has the terminal open. Rejects with a UsageError when the package is not there, or something else is at the path. */
export async function ptyLink({ path }: PtyAddress, options: LinkOptions = {}): Promise<ByteLink> {
  refuseTakenPath(path)
  const binding = loadBinding(path)
  // What is wrong with this machine is told now, not again and again.
  const first = await makeTerminal(binding).catch(error => {
    throw new UsageError(`pty:${path}: no pseudo terminal can be made here (${reasonOf(error)})`)
  })
  closeSync(first.master)
  return redial(
    `pty:${path}`,
    terminalsAt(path, () => makeTerminal(binding)),
    { backOff: BACK_OFF, ...options },
  )
}

const terminalsAt =
  (path: string, make: () => Promise<Terminal>): Dial =>
  events => {
    let connection: Connection | undefined
    let letGo = false
    let look: NodeJS.Timeout | undefined
    let setUp: NodeJS.Timeout | undefined
    let terminal: Terminal | undefined
    const withdraw = () => {
      process.off('exit', withdraw)
      if (terminal && linkedTo(path) === terminal.device) rmSync(path, { force: true })
    }
    const stop = () => {
      letGo = true
      clearInterval(look)
      clearTimeout(setUp)
      withdraw()
      if (terminal && !connection) closeSync(terminal.master)
      terminal = undefined
    }
    const offer = (made: Terminal) => {
      terminal = made
      if (letGo) return stop()
      process.on('exit', withdraw)
      putLink(path, made.device)
      look = setInterval(() => {
        const first = heardOf(made)
        if (!first) return
        clearInterval(look)
        connection = carry(made, first)
        setUp = setTimeout(events.opened, SET_UP_MS)
      }, LOOK_MS)
    }
    const carry = ({ master }: Terminal, first: Uint8Array): Connection => {
      const stream = new ReadStream(master)
      if (first.length > 0) stream.unshift(first)
      const sink = intoTerminal(master)
      const destroy = () => {
        stop()
        sink.destroy()
        stream.destroy()
      }
      const finish = () => void sink.end(() => setTimeout(destroy, LAST_READ_MS))
      // Reading a terminal that nobody has open any more fails.
      stream.on('error', () => open.gone('the host has closed the terminal'))
      const open = new StreamConnection({ source: stream, sink, finish, destroy }, events)
      return open
    }
    make()
      .then(offer)
      .catch(error => {
        if (letGo) return
        stop()
        events.ended(`no pseudo terminal: ${reasonOf(error)}`)
      })
    return {
      get pending() {
        return connection?.pending ?? 0
      },
      write: octets => connection?.write(octets),
      read: () => connection?.read(),
      end: () => (connection ? connection.end() : stop()),
      destroy: () => (connection ? connection.destroy() : stop()),
    }
  }

/** A new terminal. Rejects where there is none to be had, or no `stty` to make it pass octets as they are. */
async function makeTerminal(binding: Binding): Promise<Terminal> {
  const { master, slave, pty: device } = binding.open(80, 24)
  try {
    const named = process.platform === 'darwin' ? '-f' : '-F'
    await promisify(execFile)('stty', [named, device, 'raw', '-echo'])
  } catch (error) {
    closeSync(master)
    throw error
  } finally {
    closeSync(slave)
  }
  return { master, device }
}

/**
 * Node itself writes to this end of a terminal in a loop that stops everything else while the terminal is full.
 * @source libuv 1.51, uv_tty_init: blocking writes for the master's end
 */
function intoTerminal(master: number): Writable {
  let again: NodeJS.Timeout | undefined
  const write = (octets: Uint8Array, done: (error?: Error | null) => void) => {
    try {
      const written = writeSync(master, octets)
      if (written === octets.length) done()
      else write(octets.subarray(written), done)
    } catch (error) {
      if (!mustWait(error)) done(error instanceof Error ? error : new Error(String(error)))
      else again = setTimeout(() => write(octets, done), FULL_MS)
    }
  }
  return new Writable({
    write: (octets: Buffer, _encoding, done) => write(octets, done),
    destroy: (error, done) => {
      clearTimeout(again)
      done(error)
    },
  })
}

/** There is nothing to read, or no room to write, at this moment. */
const mustWait = (error: unknown): boolean => Reflect.get(Object(error), 'code') === 'EAGAIN'

/** What a host has written that has the terminal open; undefined while there is none. */
function heardOf({ master }: Terminal): Uint8Array | undefined {
  const heard = new Uint8Array(FIRST_WORDS)
  try {
    return heard.subarray(0, readSync(master, heard))
  } catch (error) {
    // Any other is that of a terminal nobody has open.
    return mustWait(error) ? new Uint8Array() : undefined
  }
}

function loadBinding(path: string): Binding {
  try {
    const { requireBinary } = createRequire(import.meta.url)('@lydell/node-pty/requireBinary.js')
    return requireBinary('pty.node')
  } catch (error) {
    throw new UsageError(
      `pty:${path} needs the package @lydell/node-pty: npm install @lydell/node-pty@1.1.0 (${reasonOf(error)})`,
    )
  }
}

/** In one step, so that a host finds the terminal before or the one after. */
function putLink(path: string, device: string): void {
  const beside = `${path}.${process.pid}`
  rmSync(beside, { force: true })
  symlinkSync(device, beside)
  renameSync(beside, path)
}

/** A link of ours from an earlier run may go; anything else at that path is not ours to replace. */
function refuseTakenPath(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found && !/^\/dev\/(pts\/|ttys)/.test(linkedTo(path) ?? '')) {
    throw new UsageError(`pty:${path}: there is something at that path already; a pseudo terminal needs a free one`)
  }
}

function linkedTo(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isSymbolicLink() ? readlinkSync(path) : undefined
}
