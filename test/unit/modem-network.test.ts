/** A hub's modem when the SIM, the network or the operator does not play along. */
import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { IMSI, MSISDN, modemBench } from '../helpers/modem-bench.ts'

const OK = ['OK']
const lines = (text: string) => text.split(/[\r\n]+/).filter(line => line !== '')

describe('a SIM with a PIN', () => {
  const locked = () => {
    const made = modemBench({ pin: '1234', puk: '87654321' })
    made.ask('AT+CMEE=1')
    return made
  }

  it('keeps the modem off the network, and tells nothing, until the PIN is there', () => {
    const { ask } = locked()
    expect(ask('AT+CPIN?;+CREG?')).toEqual(['+CPIN: SIM PIN', '+CREG: 0,0', 'OK'])
    for (const command of ['+CIMI', '+CCID', '+CNUM', '+COPS?', '+CGATT=1', '+CGACT=1,1']) {
      expect(ask(`AT${command}`), command).toEqual(['+CME ERROR: 11'])
    }
    expect(ask('AT+CMGL=4')).toEqual(['+CMS ERROR: 311'])
    expect(ask('AT+CPIN="1234"')).toEqual(OK)
    expect(ask('AT+CREG?;+CPIN?')).toEqual(['+CREG: 0,2', '+CPIN: READY', 'OK'])
    expect(ask('AT+CREG?;+CIMI', 3).slice(1)).toEqual([IMSI, 'OK'])
    expect(ask('AT+CREG?')).toEqual(['+CREG: 0,1', 'OK'])
  })

  it('asks for the PUK after three wrong PINs, and takes a new PIN with it', () => {
    const { ask } = locked()
    expect(ask('AT+CPIN=0000')).toEqual(['+CME ERROR: 16'])
    expect(ask('AT+CPIN=0000')).toEqual(['+CME ERROR: 16'])
    expect(ask('AT+CPIN=0000')).toEqual(['+CME ERROR: 12'])
    expect(ask('AT+CPIN?')).toEqual(['+CPIN: SIM PUK', 'OK'])
    expect(ask('AT+CIMI')).toEqual(['+CME ERROR: 12'])
    expect(ask('AT+CPIN=1234')).toEqual(['+CME ERROR: 50'])
    expect(ask('AT+CPIN="87654321","4321"')).toEqual(OK)
    expect(ask('AT+CPIN?;+CIMI')).toEqual(['+CPIN: READY', IMSI, 'OK'])
    ask('AT+CFUN=1,1', 10)
    expect(ask('AT+CPIN=4321')).toEqual(OK)
  })

  it('is gone for good after ten wrong PUKs', () => {
    const { ask } = locked()
    for (let wrong = 0; wrong < 3; wrong++) ask('AT+CPIN=0000')
    for (let wrong = 0; wrong < 9; wrong++) expect(ask('AT+CPIN="00000000","4321"')).toEqual(['+CME ERROR: 16'])
    expect(ask('AT+CPIN="00000000","4321"')).toEqual(['+CME ERROR: 13'])
    expect(ask('AT+CPIN?')).toEqual(['+CME ERROR: 13'])
    expect(ask('AT+CPIN="87654321","4321"')).toEqual(['+CME ERROR: 13'])
  })

  it('asks for its PIN again after a restart', () => {
    const { ask } = locked()
    ask('AT+CPIN=1234', 5)
    ask('AT+CFUN=1,1', 10)
    expect(ask('AT+CPIN?')).toEqual(['+CPIN: SIM PIN', 'OK'])
  })
})

describe('coverage', () => {
  it('goes: the session ends and the modem searches; comes back: it is on the network, without a session', () => {
    const { ask, wan, said, run } = modemBench()
    ask('AT+CMEE=2;+CREG=1;+CGREG=2;+CGEREP=1;+CGDCONT=1,"IP","newcastle";+CGACT=1,1', 20)
    wan.setCoverage(false)
    run(seconds(1))
    expect(lines(said())).toEqual(['+CGEV: NW DEACT "IP","10.20.0.11",1', '+CREG: 2', '+CGREG: 2'])
    expect(ask('AT+CSQ;+CGACT?;+COPS?')).toEqual(['+CSQ: 99,99', '+CGACT: 1,0', '+COPS: 0', 'OK'])
    expect(ask('AT+CGACT=1,1')).toEqual(['+CME ERROR: no network service'])
    expect(ask('AT+COPS=?', 20)).toEqual(['+COPS: ,,(0-4),(0-2)', 'OK'])
    said()
    wan.setCoverage(true)
    run(seconds(3))
    expect(lines(said())).toEqual(['+CREG: 1', '+CGREG: 1,"00C3","0001A2B3",0'])
    expect(ask('AT+CGACT=1,1;+CGACT?', 20)).toEqual(['+CGACT: 1,1', 'OK'])
  })

  it('goes while a session comes about: refused', () => {
    const { ask, wan, type, run, said } = modemBench()
    ask('ATE0;+CMEE=1;+CGDCONT=1,"IP","newcastle"')
    type('AT+CGACT=1,1\r')
    run(seconds(4))
    wan.setCoverage(false)
    run(seconds(10))
    expect(lines(said())).toEqual(['+CME ERROR: 30'])
  })

  it('a modem without power on the air is off the network, and comes back', () => {
    const { ask, run } = modemBench()
    ask('AT+CGDCONT=1,"IP","newcastle";+CGACT=1,1', 20)
    expect(ask('AT+CFUN=0;+CREG?;+CGACT?')).toEqual(['+CREG: 0,0', '+CGACT: 1,0', 'OK'])
    expect(ask('AT+CFUN=1;+CREG?')).toEqual(['+CREG: 0,2', 'OK'])
    run(seconds(3))
    expect(ask('AT+CREG?')).toEqual(['+CREG: 0,1', 'OK'])
  })

  it('attaching right after power is switched on waits for the network', () => {
    const { ask } = modemBench()
    ask('AT+CFUN=4')
    expect(ask('AT+CFUN=1;+CGATT=1;+CREG?', 5)).toEqual(['+CREG: 0,1', 'OK'])
  })
})

describe('a suspended SIM', () => {
  it('is denied: its session ends, and attaching is refused until it is resumed', () => {
    const { ask, sims, said, run } = modemBench()
    ask('AT+CMEE=2;+CREG=1;+CGEREP=1;+CGDCONT=1,"IP","newcastle";+CGACT=1,1', 20)
    sims.handle('sim.suspend', { imsi: IMSI })
    run(seconds(5))
    expect(lines(said())).toEqual(['+CGEV: NW DEACT "IP","10.20.0.11",1', '+CREG: 2', '+CREG: 3'])
    expect(ask('AT+CGATT=1')).toEqual(['+CME ERROR: Illegal MS'])
    expect(ask('AT+COPS=?', 20)[0]).toContain('(3,"Telefonica"')
    expect(ask('AT+COPS=0')).toEqual(['+CME ERROR: network not allowed - emergency calls only'])
    said()
    sims.handle('sim.resume', { imsi: IMSI })
    run(seconds(3))
    expect(lines(said())).toEqual(['+CREG: 2', '+CREG: 1'])
    expect(ask('AT+CGACT=1,1', 20)).toEqual(OK)
  })
})

describe('an access point', () => {
  it('that the plan does not allow is refused; once the plan allows it, it has its address', () => {
    const { ask, sims } = modemBench()
    ask('AT+CMEE=2;+CGDCONT=1,"IP","elster"')
    expect(ask('AT+CGACT=1,1', 20)).toEqual(['+CME ERROR: requested service option not subscribed'])
    expect(ask('AT+CEER')).toEqual(['+CEER: context 1 was refused', 'OK'])
    sims.handle('plan.set', { imsi: IMSI, plan: 'both' })
    expect(ask('AT+CGACT=1,1', 20)).toEqual(['+CME ERROR: unknown PDP address or PDP type'])
    sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
    expect(ask('AT+CGACT=1,1;+CGPADDR=1', 20)).toEqual(['+CGPADDR: 1,"10.60.0.10"', 'OK'])
  })

  it('is switched by setting another one and activating again: the gateway sees the hub there', () => {
    const { ask, sims, wan, events } = modemBench({ plan: 'both' })
    sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
    ask('AT+CGDCONT=1,"IP","newcastle";+CGACT=1,1', 20)
    expect(wan.session).toEqual({ apn: 'newcastle', ip: '10.20.0.11' })
    expect(ask('AT+CGACT=0,1;+CGDCONT=1,"IP","elster";+CGACT=1,1', 20)).toEqual(OK)
    expect(wan.session).toEqual({ apn: 'elster', ip: '10.60.0.10' })
    expect(events.filter(({ kind }) => kind.startsWith('wan.'))).toEqual([
      { kind: 'wan.attached', apn: 'newcastle', ip: '10.20.0.11' },
      { kind: 'wan.detached', apn: 'newcastle', ip: '10.20.0.11', reason: 'detached' },
      { kind: 'wan.attached', apn: 'elster', ip: '10.60.0.10' },
    ])
  })

  it('that the plan allows no more is taken away', () => {
    const { ask, sims, said, run } = modemBench({ plan: 'both' })
    sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
    ask('AT+CGEREP=1;+CGDCONT=1,"IP","elster";+CGACT=1,1', 20)
    sims.handle('plan.set', { imsi: IMSI, plan: 'newcastle' })
    run(seconds(1))
    expect(lines(said())).toEqual(['+CGEV: NW DEACT "IP","10.60.0.10",1'])
    expect(ask('AT+CREG?;+CGACT?')).toEqual(['+CREG: 0,1', '+CGACT: 1,0', 'OK'])
  })
})

describe('short messages', () => {
  const FROM = '447700900999'
  const deliver = (made: ReturnType<typeof modemBench>, text: string) => {
    made.centre.submit({ from: FROM, to: MSISDN, text })
    made.run(seconds(3))
    return lines(made.said())
  }

  it('a wake-up arrives, is told as +CNMI says, and is listed, read and deleted', () => {
    const made = modemBench()
    const { ask } = made
    ask('AT+CMGF=1;+CNMI=2,1,0,0,0')
    expect(deliver(made, 'WAKE 1')).toEqual(['+CMTI: "SM",1'])
    expect(deliver(made, 'WAKE 2')).toEqual(['+CMTI: "SM",2'])
    expect(ask('AT+CMGR=1')).toEqual(['+CMGR: "REC UNREAD","+447700900999",,"21/10/13,06:00:07+00"', 'WAKE 1', 'OK'])
    expect(ask('AT+CMGL')).toEqual(['+CMGL: 2,"REC UNREAD","+447700900999",,"21/10/13,06:00:10+00"', 'WAKE 2', 'OK'])
    expect(ask('AT+CMGL="ALL"').length).toBe(5)
    expect(ask('AT+CMGL="REC UNREAD"')).toEqual(OK)
    expect(ask('AT+CMGD=1;+CPMS?')).toEqual(['+CPMS: "SM",1,20,"SM",1,20,"SM",1,20', 'OK'])
    expect(ask('AT+CMGD=1')).toEqual(['+CMS ERROR: 321'])
    expect(ask('AT+CMGD=1,4;+CMGL="ALL"')).toEqual(OK)
    ask('AT+CNMI=2,2,0,0,0')
    expect(deliver(made, 'WAKE 3')).toEqual(['+CMT: "+447700900999",,"21/10/13,06:00:21+00"', 'WAKE 3'])
    ask('AT+CNMI=0,1')
    expect(deliver(made, 'WAKE 4')).toEqual([])
    expect(ask('AT+CMGR=1')[1]).toBe('WAKE 4')
  })

  it('what arrives while a command takes its time is told after it', () => {
    const made = modemBench()
    made.ask('ATE0;+CNMI=2,1;+CGDCONT=1,"IP","newcastle"')
    made.type('AT+CGACT=1,1\r')
    made.run(seconds(1))
    expect(deliver(made, 'WAKE')).toEqual([])
    made.run(seconds(10))
    expect(lines(made.said())).toEqual(['OK', '+CMTI: "SM",1'])
  })

  it('waits without coverage, and where the places of the SIM are taken', () => {
    const made = modemBench()
    const { ask, wan, run, said } = made
    ask('AT+CNMI=2,1')
    wan.setCoverage(false)
    expect(deliver(made, 'WAKE')).toEqual([])
    wan.setCoverage(true)
    run(seconds(6))
    expect(lines(said())).toEqual(['+CMTI: "SM",1'])
    for (let n = 2; n <= 21; n++) deliver(made, `WAKE ${n}`)
    expect(ask('AT+CPMS?')[0]).toContain('"SM",20,20')
    ask('AT+CMGD=7')
    run(seconds(3))
    expect(lines(said())).toEqual(['+CMTI: "SM",7'])
  })

  it('is sent in text mode; to its own number it comes back', () => {
    const { ask, type, run, said } = modemBench()
    ask('ATE0;+CMGF=1;+CNMI=2,1')
    type(`AT+CMGS="+${MSISDN}"\r`)
    run(seconds(1))
    expect(said()).toBe('\r\n> ')
    type('first\rsecond\x1a')
    run(seconds(1))
    expect(said()).toBe('\r\n> \r\n+CMGS: 1\r\n\r\nOK\r\n')
    run(seconds(3))
    expect(lines(said())).toEqual(['+CMTI: "SM",1'])
    expect(ask('AT+CMGR=1').slice(1)).toEqual(['first second', 'OK'])
  })

  it.each([
    ['to a number nobody has', 'AT+CMGS="+447700900555"', 'hello\x1a', '+CMS ERROR: 1'],
    ['that is too long', `AT+CMGS="${MSISDN}"`, `${'x'.repeat(161)}\x1a`, '+CMS ERROR: 305'],
    ['without any end', `AT+CMGS="${MSISDN}"`, `${'x'.repeat(5_000)}\x1a`, '+CMS ERROR: 305'],
    ['that is given up', `AT+CMGS="${MSISDN}"`, 'hello\x1b', 'OK'],
  ])('one %s is not sent', (_, command, text, answer) => {
    const { ask, type, run, said } = modemBench()
    ask('ATE0;+CMGF=1')
    type(`${command}\r`)
    run(seconds(1))
    said()
    type(text)
    run(seconds(5))
    expect(lines(said())).toEqual([answer])
    expect(ask('AT+CPMS?')[0]).toContain('"SM",0,20')
  })

  it('cannot be sent without a network, nor to what is no number', () => {
    const { ask, wan, type, run, said } = modemBench()
    ask('ATE0;+CMGF=1')
    expect(ask('AT+CMGS="nobody"')).toEqual(['+CMS ERROR: 305'])
    wan.setCoverage(false)
    type(`AT+CMGS="${MSISDN}"\rhello\x1a`)
    run(seconds(1))
    expect(lines(said()).at(-1)).toBe('+CMS ERROR: 331')
  })

  it.each([
    ['AT+CMGF?', ['+CMGF: 0', 'OK']],
    ['AT+CMGF=2', ['+CME ERROR: 50']],
    ['AT+CSMS?', ['+CSMS: 0,1,1,0', 'OK']],
    ['AT+CSMS=1', ['+CMS ERROR: 303']],
    ['AT+CPMS="ME"', ['+CMS ERROR: 302']],
    ['AT+CPMS="SM","SM","SM"', ['+CPMS: 0,20,0,20,0,20', 'OK']],
    ['AT+CSCA?', ['+CSCA: "+447700900000",145', 'OK']],
    ['AT+CSCA="+447700900001";+CSCA?', ['+CSCA: "+447700900001",145', 'OK']],
    ['AT+CSCA="home"', ['+CMS ERROR: 305']],
    ['AT+CSMP?', ['+CSMP: 17,167,0,0', 'OK']],
    ['AT+CNMI?', ['+CNMI: 0,0,0,0,0', 'OK']],
    ['AT+CNMI=2,1,0,0,0;+CNMI?', ['+CNMI: 2,1,0,0,0', 'OK']],
    ['AT+CNMI=9', ['+CMS ERROR: 305']],
    ['AT+CNMI=2,1,1', ['+CMS ERROR: 303']],
    ['AT+CNMI=2,1,2,1,1', OK],
    ['AT+CNMI=2,1,0,2', ['+CMS ERROR: 303']],
    ['AT+CNMI=?', ['+CNMI: (0-2),(0-2),(0,2),(0,1),(0,1)', 'OK']],
    ['AT+CMGL=9', ['+CMS ERROR: 304']],
    ['AT+CMGF=1;+CMGL="SOME"', ['+CMS ERROR: 305']],
    ['AT+CMGL=?', ['+CMGL: (0-4)', 'OK']],
    ['AT+CMGR=1', ['+CMS ERROR: 321']],
    ['AT+CMGD=1,9', ['+CMS ERROR: 305']],
    ['AT+CMGD=?', ['+CMGD: (),(0-4)', 'OK']],
    ['AT+CMGS=x', ['+CMS ERROR: 304']],
  ])('%s', (command, answer) => {
    const { ask } = modemBench()
    ask('AT+CMEE=1')
    expect(ask(command)).toEqual(answer)
  })

  // The septets of "hellohello" are those of dreamfabric.com/sms; what is around them is written by hand.
  it('is sent as a PDU', () => {
    const made = modemBench()
    const { ask, type, run, said } = made
    ask('ATE0;+CMGF=0')
    type('AT+CMGS=23\r')
    run(seconds(1))
    type('0011000C914477000910120000AA0AE8329BFD4697D9EC37\x1a')
    run(seconds(1))
    expect(lines(said()).slice(1)).toEqual(['+CMGS: 1', 'OK'])
    run(seconds(3))
    ask('AT+CMGF=1')
    expect(ask('AT+CMGR=1').slice(0, 2)).toEqual([
      '+CMGR: "REC UNREAD","+447700900121",,"21/10/13,06:00:08+00"',
      'hellohello',
    ])
  })

  it('is shown as a PDU', () => {
    const made = modemBench()
    deliver(made, 'hellohello')
    expect(made.ask('AT+CMGR=1')).toEqual([
      '+CMGR: 0,,28',
      '0791447700090000040C914477000990990000120131600060000AE8329BFD4697D9EC37',
      'OK',
    ])
  })

  it.each(['no hex', '0011', '', '0001000C914477000910120000AA0AE8329BFD4697D9EC37FF'])('"%s" is no PDU', pdu => {
    const { ask, type, run, said } = modemBench()
    ask('ATE0;+CMGF=0')
    type('AT+CMGS=23\r')
    run(seconds(1))
    said()
    type(`${pdu}\x1a`)
    run(seconds(1))
    expect(lines(said())).toEqual(['+CMS ERROR: 304'])
  })
})
