import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { BackOff } from '../../src/links/back-off.ts'
import { openLink } from '../../src/links/open-link.ts'

const portOf = (name: string) => Number(name.split(':').at(-1))

async function listener(onTrouble?: (reason: string) => void) {
  const link = await openLink('tcp-listen://:0', { ...(onTrouble && { onTrouble }) })
  onTestFinished(() => link.close())
  return { link, port: portOf(link.name) }
}

test('a second peer is told who has the line, and the first goes on undisturbed', async () => {
  const troubles: string[] = []
  const { link, port } = await listener(reason => void troubles.push(reason))
  const up = new Promise<void>(resolve => link.listen({ onOctets: () => {}, onUp: resolve }))
  const first = connect(port, '127.0.0.1')
  onTestFinished(() => void first.destroy())
  await up
  const second = connect(port, '127.0.0.1')
  const line = `s1rig: this line is in use by 127.0.0.1:${first.localPort}; it serves one peer at a time\r\n`
  expect(await text(second)).toBe(line)
  expect(troubles).toHaveLength(1)
  link.write(Uint8Array.of(0x41))
  const [octets] = await once(first, 'data')
  expect(String(octets)).toBe('A')
})

test('a peer that comes again before its old connection has ended gets the line, and what it said meanwhile counts', async () => {
  const { link, port } = await listener()
  const told: string[] = []
  const heard = (what: string) => vi.waitFor(() => expect(told.join(' ')).toContain(what))
  link.listen({
    onOctets: octets => void told.push(Buffer.from(octets).toString()),
    onUp: () => void told.push('up'),
    onDown: () => void told.push('down'),
  })
  const first = connect(port, '127.0.0.1')
  await heard('up')
  const again = connect(port, '127.0.0.1')
  onTestFinished(() => void again.destroy())
  await once(again, 'connect')
  again.write('hello')
  first.destroy()
  await heard('hello')
  expect(told).toEqual(['up', 'down', 'up', 'hello'])
})

test('a listener is on loopback, and a port that is taken is refused', async () => {
  const { link, port } = await listener()
  expect(link.name).toBe(`tcp-listen://127.0.0.1:${port}`)
  await expect(openLink(`tcp-listen://:${port}`)).rejects.toThrow(UsageError)
})

test('a client says why it cannot connect, and connects when somebody is there', async () => {
  const { link: gone, port } = await listener()
  gone.close()
  const troubles: string[] = []
  let later: Promise<unknown> | undefined
  const client = await openLink(`tcp://127.0.0.1:${port}`, {
    backOff: { firstMs: 1, mostMs: 5 },
    onTrouble: reason => {
      troubles.push(reason)
      later ??= openLink(`tcp-listen://:${port}`).then(link => onTestFinished(() => link.close()))
    },
  })
  const up = new Promise<void>(resolve => client.listen({ onOctets: () => {}, onUp: resolve }))
  onTestFinished(() => client.close())
  await up
  await later
  expect(troubles[0]).toContain('ECONNREFUSED')
})

test('a pseudo terminal takes the place of nothing that is not its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-links-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'notes')
  writeFileSync(path, 'mine')
  await expect(openLink(`pty:${path}`)).rejects.toThrow('there is something at that path already')
  expect(readFileSync(path, 'utf8')).toBe('mine')
})

test('a machine that can make no pseudo terminal is told at once what is missing', async () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(openLink('pty:/tmp/s1rig-no-stty')).rejects.toThrow(
    'pty:/tmp/s1rig-no-stty: no pseudo terminal can be made here (spawn stty ENOENT)',
  )
})

test('waits double up to a bound, jitter takes off up to half, and a good line starts them anew', () => {
  const backOff = new BackOff({ backOff: { firstMs: 100, mostMs: 500 }, random: () => 0 })
  const waits = () => Array.from({ length: 4 }, () => backOff.nextMs())
  expect(waits()).toEqual([50, 100, 200, 250])
  backOff.reset()
  expect(backOff.nextMs()).toBe(50)
  const latest = new BackOff({ backOff: { firstMs: 100, mostMs: 500 }, random: () => 0.999_999 })
  expect(latest.nextMs()).toBeCloseTo(100, 2)
})
