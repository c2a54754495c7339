/** `s1rig duis`: the door on the command line. */
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { formatEui64 } from '../../src/base/ids.ts'
import { inProcess, s1rig, start } from '../helpers/cli.ts'
import { readAnswer, requestXml, USER } from '../helpers/duis-door.ts'
import { inMemory, temporaryFolder } from '../helpers/migration.ts'

const HUB = '00db1234567890a1'
const firmware = (counter: number) => requestXml('11.2', HUB, '<ReadFirmwareVersion/>', { counter })

async function answered(url: string, counter = 1) {
  const body = firmware(counter)
  const reply = await fetch(`${url}?wait=60`, { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body })
  return readAnswer(await reply.text())
}
/** Once the hub is attached. */
const firstAnswer = (url: string) => {
  let counter = 0
  return vi.waitFor(
    async () => {
      const answer = await answered(url, ++counter)
      expect(answer.code).not.toBe('E20')
      return answer
    },
    { timeout: 20_000, interval: 200 },
  )
}

test('a rig and its door are brought up with one command, and end at a signal', async () => {
  const logins = join(temporaryFolder(), 'logins.json')
  const door = start(['duis', inMemory(), '--clock', 'x60', '--logins', logins])
  const [, url = ''] = await door.says(/DUIS at (http:\S+);/)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  expect(await firstAnswer(url)).toMatchObject({ code: 'I0', result: { name: 'ReadFirmwareVersionRsp' } })
  door.child.kill('SIGTERM')
  expect(await door.ended).toMatchObject({ code: 0 })
})

test('the door of a rig that is up elsewhere knows it by its broker alone', async () => {
  const logins = join(temporaryFolder(), 'logins.json')
  const rig = inMemory()
  const daemon = start(['up', rig, '--mqtt-port', '0', '--logins', logins, '--clock', 'x60'])
  const [, broker = ''] = await daemon.says(/broker (mqtt:\S+),/)
  const user = `${formatEui64(USER)}=IS,GS`
  const door = start(['duis', rig, '--mqtt', broker, '--logins', logins, '--user', user, '--json'])
  const [, url = ''] = await door.says(/"url":"([^"]+)"/)
  expect(await firstAnswer(url)).toMatchObject({ code: 'I0' })
  const body = requestXml('11.2', HUB, '<ReadFirmwareVersion/>', { user: '90b3d51f30020000' })
  const stranger = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body })
  expect(readAnswer(await stranger.text()).code).toBe('E1')
})

test.each([
  [['--listen', '0.0.0.0:0'], 'a loopback address expected, or --insecure-lab'],
  [['--listen', 'here'], '--listen "here": HOST:PORT expected'],
  [['--user', 'me=IS'], '--user "me=IS": EUI64=ROLE,ROLE with IS, GS, ES, ED, GT, RSA, OU expected'],
  [['--user', '90-B3-D5-1F-30-01-00-00=KING'], 'expected'],
  [['--within', '0'], '--within "0": seconds'],
  [['--mqtt', 'mqtt://127.0.0.1:1', '--clock', 'x60'], '--clock: for a rig brought up here'],
])('%s is no way to ask for a door', async (args, message) => {
  const { code, stderr } = await inProcess(['duis', ...args])
  expect([code, stderr]).toEqual([4, expect.stringContaining(message)])
})

test('a broker that is not there is told', async () => {
  const { code, stderr } = await s1rig(['duis', inMemory(), '--mqtt', 'mqtt://127.0.0.1:1'])
  expect(code).not.toBe(0)
  expect(stderr).toContain('127.0.0.1:1')
})
