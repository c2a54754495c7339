/** The host of a modem: what it makes of ours, and of modems that behave otherwise. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { AtModem, type AtModemOptions } from '../../src/host/modem/at-modem.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { HubAttachment } from '../../src/wan/hub-attachment.ts'
import { octetSource } from '../helpers/disturbed-octets.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { IMSI, type ModemBenchOptions, modemWorld } from '../helpers/modem-bench.ts'

type HostOptions = Omit<AtModemOptions, 'link' | 'timers'>

const logOf = (host: AtModem) => {
  const log: string[] = []
  host.listen({
    onAttached: ({ apn, ip }) => log.push(`attached ${apn} ${ip}`),
    onAttachRefused: (apn, reason) => log.push(`refused ${apn} ${reason}`),
    onDetached: reason => log.push(`detached: ${reason}`),
    onMessage: () => log.push('message'),
  })
  return () => log.splice(0)
}

/** Our modem, and a host that has had half a minute. */
function hosted(modem: ModemBenchOptions = {}, options: HostOptions = {}) {
  const world = modemWorld(modem)
  const host = new AtModem({ link: world.line.host, timers: world.kernel, ...options })
  const seen = logOf(host)
  world.run(seconds(30))
  return { ...world, host, seen }
}

function attached() {
  const made = hosted()
  made.host.attach('newcastle')
  made.run(seconds(30))
  expect(made.seen()).toEqual(['attached newcastle 10.20.0.11'])
  return made
}

describe('a host and our modem', () => {
  it('knows the modem and its SIM', () => {
    const { host } = hosted()
    expect(host.state).toEqual({ is: 'ready' })
    expect(host.identity).toEqual({
      manufacturer: 'Maker',
      model: 'M1',
      revision: '7.1',
      imei: '001001000000016',
      imsi: IMSI,
      iccid: '8944110012345678901',
    })
    expect([host.standing, host.signalDbm]).toEqual(['welcome', -83])
  })

  it('attaches a modem that has just been switched on', () => {
    const world = modemWorld()
    const host = new AtModem({ link: world.line.host, timers: world.kernel })
    const seen = logOf(host)
    world.run(seconds(1))
    host.attach('newcastle')
    world.run(minutes(1))
    expect(seen()).toEqual(['attached newcastle 10.20.0.11'])
  })

  it('carries no payload, and says so', () => {
    const { host } = attached()
    expect([host.carriesPayload, host.send()]).toEqual([false, false])
  })

  it('moves a hub to another access point, and back where that one refuses', () => {
    const { host, kernel, events, run, sims, wan } = hosted()
    const hub = new HubAttachment({
      link: host,
      timers: kernel,
      trace: { emit: event => void events.push(event) },
      memory: { apn: 'newcastle' },
      settings: { attachAttempts: 2, attachRetryUs: seconds(60), apnFallback: true, detachUs: seconds(1) },
      onAttached: () => {},
      onMessage: () => {},
    })
    hub.start()
    run(minutes(1))
    expect([hub.apn, wan.session?.apn, hub.send(Uint8Array.of(1))]).toEqual(['newcastle', 'newcastle', false])
    hub.moveTo('elster')
    run(minutes(5))
    expect(hub.apn).toBe('newcastle')
    expect(events).toContainEqual(expect.objectContaining({ code: 'APN_FALLBACK' }))
    sims.handle('plan.set', { imsi: IMSI, plan: 'both' })
    sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
    hub.moveTo('elster')
    run(minutes(1))
    expect([hub.apn, wan.session?.apn]).toEqual(['elster', 'elster'])
  })

  it('opens the SIM with the PIN it was given', () => {
    const { host } = hosted({ pin: '1234' }, { pin: '1234' })
    expect([host.state, host.identity.imsi]).toEqual([{ is: 'ready' }, IMSI])
  })

  it('tries a wrong PIN once and never again, whatever becomes of the line', () => {
    const made = hosted({ pin: '1234', puk: '87654321' }, { pin: '9999' })
    const { host, seen, line, run } = made
    const locked = { is: 'locked', why: 'the PIN was sent and not taken; it is not tried again' }
    expect(host.state).toEqual(locked)
    host.attach('newcastle')
    run(minutes(5))
    line.cut('unplugged')
    run(seconds(1))
    line.mend()
    run(minutes(5))
    expect(seen()).toEqual(['refused newcastle sim'])
    expect([host.standing, host.state]).toEqual(['denied', locked])
    // Two tries are left.
    const other = new AtModem({ link: line.host, timers: made.kernel, pin: '1234' })
    run(seconds(30))
    expect(other.state.is).toBe('ready')
  })

  it('says what is missing without a PIN', () => {
    const { host } = hosted({ pin: '1234' })
    expect(host.state).toEqual({ is: 'locked', why: 'the SIM wants a PIN, and none is known' })
  })

  it('sees a modem that has restarted, and uses it again', () => {
    const { modem, host, seen, run } = attached()
    modem.powerCycle()
    run(seconds(40))
    expect(seen()).toEqual(['detached: it has restarted'])
    run(seconds(30))
    host.attach('newcastle')
    run(seconds(30))
    expect(seen()).toEqual(['attached newcastle 10.20.0.11'])
  })

  it('a modem that restarts while it attaches refuses, and is used again', () => {
    const { modem, host, seen, run } = hosted()
    host.attach('newcastle')
    run(seconds(3))
    modem.powerCycle()
    run(minutes(5))
    expect(seen()).toEqual(['refused newcastle no-coverage'])
    expect(host.state).toEqual({ is: 'ready' })
    host.attach('newcastle')
    run(seconds(30))
    expect(seen()).toEqual(['attached newcastle 10.20.0.11'])
  })

  it('a line that goes takes the session with it; when it is back, so is the modem', () => {
    const { line, host, seen, run } = attached()
    line.cut('unplugged')
    run(seconds(1))
    expect(seen()).toEqual(['detached: unplugged'])
    expect([host.state, host.standing]).toEqual([{ is: 'absent' }, 'no-coverage'])
    host.attach('newcastle')
    run(seconds(1))
    expect(seen()).toEqual(['refused newcastle no-coverage'])
    line.mend()
    run(seconds(30))
    host.attach('newcastle')
    run(seconds(30))
    expect(seen()).toEqual(['attached newcastle 10.20.0.11'])
  })

  it('a line that goes while it attaches refuses at once', () => {
    const { line, host, seen, run } = hosted()
    host.attach('newcastle')
    run(seconds(2))
    line.cut('unplugged')
    run(seconds(1))
    expect(seen()).toEqual(['refused newcastle no-coverage'])
  })

  it('finds its modem where another host left it: in the middle of a text, without echo, in numbers', () => {
    const world = modemWorld()
    const { line, run, kernel } = world
    line.host.listen({ onOctets: () => {} })
    run(seconds(6))
    line.host.write(Buffer.from('ATE1V0+CMGF=1;+CMGS="447700900121"\rhello'))
    run(seconds(1))
    const host = new AtModem({ link: line.host, timers: kernel })
    run(seconds(30))
    expect(host.state).toEqual({ is: 'ready' })
  })

  it.each([1, 2, 3])('what it hears is disturbed; once it is not, it is used again (seed %i)', seed => {
    const { line, host, seen, run, modem } = hosted()
    const { next, bytes } = octetSource(seed * 104_729)
    const clean = line.disturb
    line.disturb = octets => {
      const kind = next(12)
      if (kind === 0) return []
      if (kind === 1) return [octets, bytes(next(20))]
      if (kind === 2) return [octets.subarray(0, next(octets.length + 1))]
      if (kind === 3) return [Buffer.from('\r\n+CREG: 5\r\n'), octets]
      return [octets]
    }
    for (let n = 0; n < 60; n++) {
      if (next(3) === 0) host.attach('newcastle')
      else if (next(2) === 0) host.detach()
      if (next(20) === 0) modem.powerCycle()
      run(next(seconds(60)))
    }
    line.disturb = clean
    host.detach()
    // Noise may have told the modem anything that a terminal can.
    modem.powerCycle()
    run(minutes(15))
    seen()
    expect(host.state).toEqual({ is: 'ready' })
    host.attach('newcastle')
    run(minutes(5))
    expect(seen()).toEqual(['attached newcastle 10.20.0.11'])
  })
})

/** A modem by a script: what it answers to each line, OK to all others. */
function scripted(script: Readonly<Record<string, string>>, { echo = false } = {}) {
  const kernel = new Kernel({ seed: 'scripted', startUnixMs: 0 })
  const line = new MemoryLine(kernel)
  const asked: string[] = []
  const say = (text: string) => void line.device.write(Buffer.from(text, 'latin1'))
  let typed = ''
  line.device.listen({
    onOctets(octets) {
      typed += Buffer.from(octets).toString('latin1')
      for (let end = typed.indexOf('\r'); end >= 0; end = typed.indexOf('\r')) {
        const command = typed.slice(0, end).replace('\x1b', '')
        typed = typed.slice(end + 1)
        asked.push(command)
        if (echo) say(`${command}\r`)
        say(script[command] ?? '\r\nOK\r\n')
      }
    },
  })
  const host = new AtModem({ link: line.host, timers: kernel })
  const seen = logOf(host)
  const run = (span: number) => void kernel.runUntil(kernel.nowUs() + span)
  run(seconds(60))
  asked.length = 0
  return { host, seen, run, asked, say }
}

const ON_NETWORK = {
  'AT+CPIN?': '\r\n+CPIN: READY\r\n\r\nOK\r\n',
  'AT+CREG?': '\r\n+CREG: 1,1\r\n\r\nOK\r\n',
  'AT+CSQ': '\r\n+CSQ: 20,99\r\n\r\nOK\r\n',
  'AT+CGPADDR=1': '\r\n+CGPADDR: 1,10.0.0.7\r\n\r\nOK\r\n',
}
const ERROR = '\r\nERROR\r\n'

describe('a host and modems of others', () => {
  it('that do not echo off, know half of the commands and write addresses without quotes', () => {
    const wanting = [
      'AT+CGEREP=1,0',
      'AT+CEREG=1',
      'AT+CEREG?',
      'AT+CGREG=1',
      'AT+CGREG?',
      'AT+CCID',
      'AT+CMEE=1',
      'AT+CFUN?',
    ]
    const { host, seen, run } = scripted(
      { ...ON_NETWORK, ...Object.fromEntries(wanting.map(command => [command, ERROR])) },
      { echo: true },
    )
    expect([host.state, host.standing, host.signalDbm]).toEqual([{ is: 'ready' }, 'welcome', -73])
    host.attach('elster')
    run(seconds(10))
    expect(seen()).toEqual(['attached elster 10.0.0.7'])
  })

  it('are asked in order: off, access point, packets, on, address', () => {
    const { host, asked, run } = scripted(ON_NETWORK)
    run(seconds(5))
    host.attach('elster')
    run(seconds(1))
    expect(asked.slice(-5)).toEqual([
      'AT+CGACT=0,1',
      'AT+CGDCONT=1,"IP","elster"',
      'AT+CGATT=1',
      'AT+CGACT=1,1',
      'AT+CGPADDR=1',
    ])
  })

  it.each([
    ['\r\n+CME ERROR: 133\r\n', 'plan'],
    ['\r\n+CME ERROR: Requested service option not subscribed\r\n', 'plan'],
    ['\r\n+CME ERROR: 127\r\n', 'plan'],
    ['\r\n+CME ERROR: 128\r\n', 'no-address'],
    ['\r\n+CME ERROR: 103\r\n', 'sim'],
    ['\r\n+CME ERROR: 31\r\n', 'no-coverage'],
    ['\r\nERROR\r\n', 'plan'],
    ['\r\n+CME ERROR: 100\r\n', 'plan'],
    ['\r\nNO CARRIER\r\n', 'plan'],
  ])('that end an activation with %j refuse: %s', (answer, reason) => {
    const { host, seen, run } = scripted({ ...ON_NETWORK, 'AT+CGACT=1,1': answer })
    host.attach('elster')
    run(seconds(10))
    expect(seen()).toEqual([`refused elster ${reason}`])
  })

  it.each([
    ['denied', '\r\n+CREG: 1,3\r\n\r\nOK\r\n', 'sim'],
    ['searching', '\r\n+CREG: 1,2\r\n\r\nOK\r\n', 'no-coverage'],
  ])('that fail without a reason are judged by their registration: %s', (_, creg, reason) => {
    const { host, seen, run } = scripted({ ...ON_NETWORK, 'AT+CREG?': creg, 'AT+CGATT=1': ERROR })
    host.attach('elster')
    run(seconds(10))
    expect(seen()).toEqual([`refused elster ${reason}`])
  })

  it('that are active without an address have no session', () => {
    const { host, seen, run, asked } = scripted({
      ...ON_NETWORK,
      'AT+CGPADDR=1': '\r\n+CGPADDR: 1,"0.0.0.0"\r\n\r\nOK\r\n',
    })
    host.attach('elster')
    run(seconds(10))
    expect(seen()).toEqual(['refused elster no-address'])
    const after = asked.slice(asked.indexOf('AT+CGPADDR=1') + 1)
    expect(after).toContain('AT+CGACT=0,1')
  })

  it('that tell things in the middle of an answer are understood', () => {
    const { host } = scripted({
      ...ON_NETWORK,
      'AT+CREG?':
        '\r\n+CREG: 2\r\n\r\n+CMTI: "SM",3\r\n\r\n+CREG: 1,1\r\n\r\n+CREG: 5,"00C3","0001A2B3",0\r\n\r\nOK\r\n',
      'AT+CGMI': '\r\n+CREG: 1\r\n\r\nACME\r\n\r\nRING\r\n\r\nOK\r\n',
    })
    expect([host.standing, host.identity.manufacturer]).toEqual(['welcome', 'ACME'])
  })

  it('that do not tell when a session ends are looked at', () => {
    const script: Record<string, string> = {
      ...ON_NETWORK,
      'AT+CGACT?': '\r\n+CGACT: 1,1\r\n+CGACT: 2,0\r\n\r\nOK\r\n',
    }
    const { host, seen, run } = scripted(script)
    host.attach('elster')
    run(minutes(1))
    expect(seen()).toEqual(['attached elster 10.0.0.7'])
    script['AT+CGACT?'] = '\r\n+CGACT: 1,0\r\n\r\nOK\r\n'
    run(minutes(1))
    expect(seen()).toEqual(['detached: the session has ended'])
  })

  it.each([
    ['+CGEV: NW DEACT "IP","10.0.0.7",1', true],
    ['+CGEV: NW PDN DEACT 1', true],
    ['+CGEV: NW DETACH', true],
    ['+CGEV: NW DEACT "IP","10.0.0.8",2', false],
    ['+CGEV: ME PDN ACT 1', false],
  ])('that say %s: %s', (words, ends) => {
    const { host, seen, run, say } = scripted(ON_NETWORK)
    host.attach('elster')
    run(seconds(5))
    seen()
    say(`\r\n${words}\r\n`)
    run(seconds(1))
    expect(seen()).toEqual(ends ? ['detached: the network has ended the session'] : [])
  })

  it('that fall silent are gone in good time, and a late answer is nobody’s', () => {
    const script: Record<string, string> = { ...ON_NETWORK }
    const { host, seen, run, say } = scripted(script)
    host.attach('elster')
    run(seconds(5))
    seen()
    for (const command of ['AT', 'ATE0Q0V1', 'AT+CREG?', 'AT+CGREG?', 'AT+CEREG?', 'AT+CSQ', 'AT+CGACT?'])
      script[command] = ''
    run(minutes(5))
    expect(seen()).toEqual(['detached: it does not answer any more'])
    expect(host.state.is).not.toBe('ready')
    host.attach('elster')
    run(seconds(30))
    expect(seen()).toEqual(['refused elster no-coverage'])
    say('\r\nOK\r\n\r\nOK\r\n')
    for (const command of Object.keys(script)) if (script[command] === '') delete script[command]
    Object.assign(script, ON_NETWORK)
    run(minutes(1))
    expect(host.state).toEqual({ is: 'ready' })
  })

  it('that are no modems are absent', () => {
    const { host } = scripted({ ATE0Q0V1: '\r\n-bash: ATE0Q0V1: command not found\r\n' })
    expect(host.state.is).not.toBe('ready')
  })

  it('whose SIM wants its PUK, or cannot be read, are locked, and say so', () => {
    const puk = scripted({ 'AT+CPIN?': '\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n' })
    expect(puk.host.state).toEqual({ is: 'locked', why: 'it wants SIM PUK' })
    const none = scripted({ 'AT+CPIN?': '\r\n+CME ERROR: 10\r\n' })
    expect(none.host.state).toEqual({ is: 'locked', why: 'the SIM cannot be read (+CME ERROR: 10)' })
  })
})
