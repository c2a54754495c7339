/** `s1rig modem` as people have it: a process, and a program of theirs on its line. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { inProcess, s1rig, start } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { homeWithModem } from '../helpers/modem-rig.ts'

/** Says one command line, and hears until OK or an error. */
async function conversation(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  let heard = ''
  socket.on('data', text => {
    heard += text
  })
  return {
    socket,
    async ask(command: string): Promise<string[]> {
      heard = ''
      socket.write(`${command}\r`)
      while (!/\r\n(OK|ERROR|\+CM[ES] ERROR: .*)\r\n$/.test(heard)) await once(socket, 'data')
      return heard.split(/[\r\n]+/).filter(line => line !== '' && line !== command)
    },
  }
}

test('says where it is and what to type, serves one program after the other, and stops by a signal with 0', async () => {
  const running = start(['modem', '--listen', 'tcp://127.0.0.1:0', '--clock', 'x60'])
  const [, port] = await running.says(/modem of home-1 on tcp:\/\/127\.0\.0\.1:(\d+)/)
  await running.says(/AT\+CGDCONT=1,"IP","newcastle" /)
  await running.says(/"value":"home"/)
  const first = await conversation(Number(port))
  expect(await first.ask('AT+CGMI;+CGMM;+CIMI')).toEqual(['s1rig', 'SM WAN modem', '234100123456781', 'OK'])
  expect(await first.ask('AT+CGDCONT=1,"IP","newcastle";+CGACT=1,1;+CGPADDR=1')).toEqual([
    '+CGPADDR: 1,"10.20.0.11"',
    'OK',
  ])
  first.socket.destroy()
  await running.says(/the software has gone/)
  const second = await conversation(Number(port))
  expect(await second.ask('AT+CMEE=2;+CGACT?;+COPS?')).toEqual(['+CGACT: 1,1', '+COPS: 0,0,"Telefonica",0', 'OK'])
  expect(await second.ask('AT+CGACT=0,1;+CGDCONT=1,"IP","elster";+CGACT=1,1')).toEqual([
    '+CME ERROR: requested service option not subscribed',
  ])
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
})

test.each([
  ['hub.wan=down', ['+CREG: 0,2', '+CSQ: 99,99', '+CME ERROR: no network service']],
  ['sim.state=suspended', ['+CREG: 0,3', '+CSQ: 15,99', '+CME ERROR: Illegal MS']],
  ['sim.plan=elster-only', ['+CREG: 0,1', '+CSQ: 15,99', '+CME ERROR: requested service option not subscribed']],
])('--fault %s is seen on the line', async (fault, answer) => {
  const running = start(['modem', '--listen', 'tcp://127.0.0.1:0', '--clock', 'x60', '--fault', fault])
  const [, port] = await running.says(/modem of home-1 on tcp:\/\/127\.0\.0\.1:(\d+)/)
  const { ask } = await conversation(Number(port))
  await running.says(/"name":"registration","value":"(searching|home|denied)"/)
  // Until the network has answered.
  while (fault !== 'hub.wan=down' && (await ask('AT+CREG?'))[0] === '+CREG: 0,2');
  expect(await ask('AT+CMEE=2;+CREG?;+CSQ;+CGDCONT=1,"IP","newcastle";+CGACT=1,1')).toEqual(answer)
})

test('tells machines the same in one line', async () => {
  const running = start(['modem', '--listen', 'tcp://127.0.0.1:0', '--json'])
  const [line] = await running.says(/^\{"type":"modem".*\}$/m)
  expect(JSON.parse(line)).toMatchObject({
    seed: '1',
    line: expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/),
    installation: 'home-1',
    imsi: '234100123456781',
    plan: 'newcastle-only',
    addresses: { newcastle: '10.20.0.11' },
  })
})

test.each([
  ['virtual time', ['--clock', 'virtual'], /clock "virtual": prompt, real or xN .* expected/],
  [
    'a line of no kind',
    ['--listen', 'udp://127.0.0.1:1'],
    /--listen "udp:.*": tcp:\/\/HOST:PORT or pty:\/PATH expected/,
  ],
  ['a home that is not there', ['--installation', 'home-9'], /installation "home-9": one of home-1 expected/],
  ['a fault of something else', ['--fault', 'gsme.silent=30h'], /gsme\.silent=30h: of the hub's line expected/],
  ['a fault nobody knows', ['--fault', 'sim.state=lost'], /suspended expected, found "lost"/],
  ['a rig that is not there', ['no-such-rig.yaml'], /no-such-rig\.yaml/],
])('%s is refused as usage', async (_, args, says) => {
  const { code, stderr } = await inProcess(['modem', ...args])
  expect(stderr).toMatch(says)
  expect(code).toBe(4)
})

test('a rig whose hub has this modem finds it, and goes to the WAN through it', { timeout: 60_000 }, async () => {
  const modem = start(['modem', homeWithModem(undefined), '--listen', 'tcp://127.0.0.1:0'])
  const [, line = ''] = await modem.says(/modem of home-1 on (\S+)/)
  await modem.says(/"name":"registration","value":"home"/)
  const rig = homeWithModem(line)
  const doctor = await s1rig(['doctor', rig])
  expect({ code: doctor.code, last: doctor.last }).toEqual({ code: 0, last: '1 there, 0 absent' })
  expect(doctor.stdout).toMatch(
    /^home-1 modem {2}there {2}s1rig SM WAN modem 1\.0, IMEI \d+; SIM 234100123456781; reg/m,
  )
  const daemon = start(['up', rig, '--mqtt-port', '0', '--logins', join(temporaryFolder(), 'logins.json')])
  await daemon.says(/"kind":"wan.attached","apn":"newcastle","ip":"10\.20\.0\.11"/)
  await modem.says(/"kind":"wan.attached","apn":"newcastle","ip":"10\.20\.0\.11"/)
  modem.child.kill('SIGKILL')
  await daemon.says(/"kind":"wan.detached"/)
  await daemon.says(/home-1: modem: line tcp:\S+ is down/)
})
