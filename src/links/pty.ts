/**
 * A pseudo terminal that a foreign host opens like a serial port. Node cannot open one itself; socat can, and labs have it:
 * one socat for each host that opens the path, waiting until it does.
 */
import { execFile, spawn } from 'node:child_process'
import { lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { UsageError } from '../base/errors.ts'
import type { ByteLink } from '../ports/byte-link.ts'
import type { LinkOptions } from './link-end.ts'
import { type Dial, redial } from './redial.ts'
import { StreamConnection } from './stream-connection.ts'

export interface PtyAddress {
  /** Where the symbolic link to the pseudo terminal is put. */
  path: string
}

/** Hosts open, close and open again within moments; nobody else has to be spared. */
const BACK_OFF = { firstMs: 20, mostMs: 1_000 }
/** How often socat looks whether a host has opened the terminal, seconds. */
const LOOK_S = 0.05
/** Said by socat at notice level once the host is there. @source socat 1.7.4, measured */
const HOST_IS_THERE = 'starting data transfer loop'
/**
 * socat writes to a terminal that is full, and waits, for ever if its host has died meanwhile: the kernel wakes it only when
 * somebody reads. So where nothing has moved for this long, it is looked up whether anybody has the terminal open.
 * @source socat 1.7.4, Linux 6.18, measured
 */
const STUCK_MS = 500
/** Enough for socat's last words. */
const LAST_WORDS = 2_000

/**
 * Up while a host has the terminal open. Rejects with a UsageError when there is no socat, or something else at the path.
 * socat does not read while it waits to write: a host that does the same, and sends without end while we do, stands still.
 * A process that is killed without a chance leaves its socat behind until a host opens the terminal.
 */
export async function ptyLink({ path }: PtyAddress, options: LinkOptions = {}): Promise<ByteLink> {
  refuseTakenPath(path)
  await promisify(execFile)('socat', ['-V']).catch(() => {
    throw new UsageError(`pty:${path} needs socat, which is not installed (Debian: apt-get install socat)`)
  })
  return redial(`pty:${path}`, throughSocat(path), { backOff: BACK_OFF, ...options })
}

const throughSocat =
  (path: string): Dial =>
  events => {
    const terminal = `pty,link=${path},rawer,wait-slave,pty-interval=${LOOK_S}`
    const child = spawn('socat', ['-d', '-d', terminal, 'STDIO'], { stdio: 'pipe' })
    const { stdin: sink, stdout: source, stderr } = child
    let running = true
    let opened = false
    let said = ''
    let look: NodeJS.Timeout | undefined
    const kill = () => {
      if (!running) return
      running = false
      clearInterval(look)
      process.off('exit', kill)
      // Not asked but killed, so that it cannot take away the link of its successor later.
      child.kill('SIGKILL')
      if (isTerminalLink(path)) rmSync(path, { force: true })
    }
    const connection = new StreamConnection(
      { source, sink, finish: () => void (opened ? sink.end() : kill()), destroy: kill },
      events,
    )
    stderr.on('data', (words: Buffer) => {
      said = (said + words.toString('latin1')).slice(-LAST_WORDS)
      if (opened || !said.includes(HOST_IS_THERE)) return
      opened = true
      look = whenStuck(sink, () => {
        if (!isHeld(path)) connection.gone('the host has closed the terminal')
      })
      events.opened()
    })
    child.on('error', error => connection.gone(`socat: ${error.message}`))
    child.on('exit', () => {
      running = false
      clearInterval(look)
      process.off('exit', kill)
      connection.gone(opened ? 'the host has closed the terminal' : `socat: ${lastLine(said)}`)
    })
    process.on('exit', kill)
    return connection
  }

/** Calls `then` whenever octets have waited since the last look and none has gone. */
function whenStuck(sink: Writable, then: () => void): NodeJS.Timeout {
  let goneBefore = -1
  return setInterval(() => {
    const gone = sink instanceof Socket ? sink.bytesWritten - sink.writableLength : 0
    if (sink.writableLength > 0 && gone === goneBefore) then()
    goneBefore = gone
  }, STUCK_MS)
}

/** Whether a process we may look into has the terminal open. Where processes cannot be listed, somebody has. */
function isHeld(path: string): boolean {
  try {
    const terminal = readlinkSync(path)
    return readdirSync('/proc').some(process => /^\d+$/.test(process) && holds(process, terminal))
  } catch {
    return true
  }
}

function holds(process: string, terminal: string): boolean {
  const folder = `/proc/${process}/fd`
  try {
    return readdirSync(folder).some(file => readlinkSync(`${folder}/${file}`) === terminal)
  } catch {
    // Ended or closed something while we looked, or is somebody else's.
    return false
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

/** A link of ours from an earlier run may go; anything else at that path is not ours to replace. */
function refuseTakenPath(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found && !isTerminalLink(path)) {
    throw new UsageError(`pty:${path}: there is something at that path already; a pseudo terminal needs a free one`)
  }
}

function isTerminalLink(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isSymbolicLink() === true && readlinkSync(path).startsWith('/dev/pts/')
}
