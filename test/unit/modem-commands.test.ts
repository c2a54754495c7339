/** What a hub's modem answers, command by command. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { IMSI, modemBench } from '../helpers/modem-bench.ts'

const OK = ['OK']
const ERROR = ['ERROR']

/** Each on a modem of its own, which is on the network; errors by number. */
const table = (rows: readonly (readonly [string, readonly string[]])[]) =>
  it.each(rows)('%s', (command, answer) => {
    const { ask } = modemBench()
    ask('AT+CMEE=1')
    expect(ask(command, 20)).toEqual(answer)
  })

describe('what it is', () => {
  table([
    ['AT', OK],
    ['ATI', ['Maker', 'M1', 'Revision: 7.1', 'OK']],
    ['ATI0', ['Maker', 'M1', 'Revision: 7.1', 'OK']],
    ['ATI9', ERROR],
    ['AT+CGMI', ['Maker', 'OK']],
    ['AT+GMI', ['Maker', 'OK']],
    ['AT+CGMM', ['M1', 'OK']],
    ['AT+GMM', ['M1', 'OK']],
    ['AT+CGMR', ['7.1', 'OK']],
    ['AT+GMR', ['7.1', 'OK']],
    ['AT+CGSN', ['001001000000016', 'OK']],
    ['AT+GSN', ['001001000000016', 'OK']],
    ['AT+CGMI=?', OK],
    ['AT+CGMI?', ['+CME ERROR: 4']],
    ['AT+GCAP', ['+GCAP: +CGSM', 'OK']],
    ['AT+WS46?', ['12', 'OK']],
    ['AT+CPAS', ['+CPAS: 0', 'OK']],
    ['AT+CEER', ['+CEER: none', 'OK']],
    ['AT+CCLK?', ['+CCLK: "21/10/13,06:00:07+00"', 'OK']],
    ['AT+CCLK="20/02/30,25:00:00+00"', ['+CME ERROR: 50']],
    ['AT+CCLK="noon"', ['+CME ERROR: 50']],
    ['AT+IPR?', ['+IPR: 0', 'OK']],
    ['AT+IPR=?', ['+IPR: (0,1200,2400,4800,9600,19200,38400,57600,115200)', 'OK']],
    ['AT+IPR=9600', OK],
    ['AT+IPR=9601', ['+CME ERROR: 50']],
    ['AT+CSCS?', ['+CSCS: "GSM"', 'OK']],
    ['AT+CSCS="IRA"', OK],
    ['AT+CSCS="UCS2"', ['+CME ERROR: 50']],
  ])

  it('the clock goes on from what it was set to, and the zone is taken off', () => {
    const { ask } = modemBench()
    expect(ask('AT+CCLK="22/01/02,03:04:05+04"')).toEqual(OK)
    expect(ask('AT+CCLK?')).toEqual(['+CCLK: "22/01/02,02:04:06+00"', 'OK'])
  })

  it('lists every command it has, and each of them is there', () => {
    const { ask } = modemBench()
    ask('AT+CMEE=1')
    const listed = ask('AT+CLAC').slice(0, -1)
    expect(listed.length).toBeGreaterThan(60)
    for (const command of listed.filter(one => one.startsWith('AT+'))) {
      expect(ask(`${command}=?`, 20).at(-1), command).toBe('OK')
    }
  })
})

describe('the SIM', () => {
  table([
    ['AT+CIMI', [IMSI, 'OK']],
    ['AT+CIMI=1', ['+CME ERROR: 4']],
    ['AT+CCID', ['+CCID: 8944110012345678901', 'OK']],
    ['AT+CCID?', ['+CCID: 8944110012345678901', 'OK']],
    ['AT+ICCID', ['+ICCID: 8944110012345678901', 'OK']],
    ['AT+CICCID', ['+CICCID: "8944110012345678901"', 'OK']],
    ['AT+CNUM', ['+CNUM: ,"+447700900121",145', 'OK']],
    ['AT+CPIN?', ['+CPIN: READY', 'OK']],
    ['AT+CPIN=1234', ['+CME ERROR: 3']],
    ['AT+CPIN="12"', ['+CME ERROR: 50']],
  ])
})

describe('the network', () => {
  table([
    ['AT+CSQ', ['+CSQ: 15,99', 'OK']],
    ['AT+CSQ=?', ['+CSQ: (0-31,99),(99)', 'OK']],
    ['AT+CREG?', ['+CREG: 0,1', 'OK']],
    ['AT+CREG=?', ['+CREG: (0-2)', 'OK']],
    ['AT+CREG=3', ['+CME ERROR: 50']],
    ['AT+CREG=', ['+CME ERROR: 50']],
    ['AT+CREG=2;+CREG?', ['+CREG: 2,1,"00C3","0001A2B3",0', 'OK']],
    ['AT+CGREG?', ['+CGREG: 0,1', 'OK']],
    ['AT+CEREG?', ['+CEREG: 0,0', 'OK']],
    ['AT+COPS?', ['+COPS: 0,0,"Telefonica",0', 'OK']],
    ['AT+COPS=3,2;+COPS?', ['+COPS: 0,2,"23410",0', 'OK']],
    ['AT+COPS=?', ['+COPS: (2,"Telefonica","Telefonica","23410",0),,(0-4),(0-2)', 'OK']],
    ['AT+COPS=0', OK],
    ['AT+COPS=1,2,"23410"', OK],
    ['AT+COPS=1,2,"23415"', ['+CME ERROR: 30']],
    ['AT+COPS=4,0,"Vodafone"', OK],
    ['AT+COPS=2;+COPS?', ['+COPS: 2', 'OK']],
    ['AT+COPS=5', ['+CME ERROR: 50']],
    ['AT+COPS=1', ['+CME ERROR: 50']],
    ['AT+CFUN?', ['+CFUN: 1', 'OK']],
    ['AT+CFUN=?', ['+CFUN: (0,1,4),(0-1)', 'OK']],
    ['AT+CFUN=2', ['+CME ERROR: 50']],
    ['AT+CFUN=4;+CREG?;+CSQ', ['+CREG: 0,0', '+CSQ: 99,99', 'OK']],
  ])

  it('an LTE modem tells its packet side by +CEREG', () => {
    const { ask } = modemBench({ facts: { technology: 'lte' } })
    expect(ask('AT+CEREG=2;+CEREG?;+CGREG?;+GCAP')).toEqual([
      '+CEREG: 2,1,"00C3","0001A2B3",7',
      '+CGREG: 0,0',
      '+GCAP: +CGSM,+CLTE',
      'OK',
    ])
  })
})

describe('the packet domain', () => {
  const defined = 'AT+CGDCONT=1,"IP","newcastle"'
  table([
    ['AT+CGATT?', ['+CGATT: 1', 'OK']],
    ['AT+CGATT=0;+CGATT?;+CGREG?', ['+CGATT: 0', '+CGREG: 0,0', 'OK']],
    ['AT+CGATT=1', OK],
    ['AT+CGATT=2', ['+CME ERROR: 50']],
    ['AT+CGDCONT=?', ['+CGDCONT: (1-5),"IP",,,(0),(0)', 'OK']],
    ['AT+CGDCONT?', OK],
    [`${defined};+CGDCONT?`, ['+CGDCONT: 1,"IP","newcastle","",0,0', 'OK']],
    [`${defined};+CGDCONT=1;+CGDCONT?`, OK],
    ['AT+CGDCONT=6,"IP","newcastle"', ['+CME ERROR: 50']],
    ['AT+CGDCONT=1,"IPV6","newcastle"', ['+CME ERROR: 128']],
    ['AT+CGDCONT=1,"IP","not an APN"', ['+CME ERROR: 50']],
    ['AT+CGDCONT=1,"IP","newcastle","",1,0', ['+CME ERROR: 50']],
    [`${defined};+CGAUTH=1,1,"hub","secret";+CGAUTH?`, ['+CGAUTH: 1,1,"hub"', 'OK']],
    ['AT+CGAUTH=2,1,"hub","secret"', ['+CME ERROR: 50']],
    [`${defined};+CGAUTH=1,3,"hub","secret"`, ['+CME ERROR: 50']],
    ['AT+CGACT=?', ['+CGACT: (0,1)', 'OK']],
    ['AT+CGACT=1,1', ['+CME ERROR: 3']],
    [`${defined};+CGACT?`, ['+CGACT: 1,0', 'OK']],
    [`${defined};+CGACT=1,1;+CGACT?;+CGPADDR=1`, ['+CGACT: 1,1', '+CGPADDR: 1,"10.20.0.11"', 'OK']],
    [`${defined};+CGACT=1;+CGPADDR`, ['+CGPADDR: 1,"10.20.0.11"', 'OK']],
    [`${defined};+CGACT=1,1;+CGDCONT=1,"IP","elster"`, ['+CME ERROR: 3']],
    [`${defined};+CGDCONT=2,"IP","newcastle";+CGACT=1,1;+CGACT=1,2`, ['+CME ERROR: 3']],
    [`${defined};+CGACT=1,1;+CGACT=0,1;+CGACT?;+CGPADDR=1`, ['+CGACT: 1,0', '+CGPADDR: 1,""', 'OK']],
    [`${defined};+CGACT=1,1;+CGATT=0;+CGACT?`, ['+CGACT: 1,0', 'OK']],
    [`${defined};+CGPADDR=?`, ['+CGPADDR: (1)', 'OK']],
    ['AT+CGPADDR=9', ['+CME ERROR: 50']],
    ['AT+CGEREP=1,0;+CGEREP?', ['+CGEREP: 1,0', 'OK']],
    ['AT+CGEREP=3', ['+CME ERROR: 50']],
    ['ATD*99#', ['NO CARRIER']],
    ['ATD*99***1#', ['NO CARRIER']],
    ['ATD+447700900999;', ['NO CARRIER']],
    ['ATO', ['NO CARRIER']],
    ['ATA', ['NO CARRIER']],
    ['ATH', OK],
  ])

  it('says why a data call does not come about', () => {
    const { ask } = modemBench()
    ask('ATD*99#')
    expect(ask('AT+CEER')).toEqual(['+CEER: no data mode: this modem carries no calls and no IP payload', 'OK'])
  })

  it('activating takes as long as the gateway takes', () => {
    const { ask, said, run, type } = modemBench()
    ask(defined)
    type('AT+CGACT=1,1\r')
    run(seconds(7.9))
    expect(said()).not.toContain('OK')
    run(seconds(0.2))
    expect(said()).toContain('OK')
  })
})

describe('the line', () => {
  table([
    ['AT+NONSENSE', ['+CME ERROR: 4']],
    ['AT^SYSINFO', ['+CME ERROR: 4']],
    ['ATY', ERROR],
    ['AT+CREG!', ['+CME ERROR: 4']],
    ['AT+CREG?x', ERROR],
    ['AT"', ERROR],
    ['AT+CGDCONT=1,"IP,', ERROR],
    ['AT E1 V1 ; + CGMM', ['M1', 'OK']],
    ['ate1v1+cgmm', ['M1', 'OK']],
    ['AT+CGMM;+NONSENSE;+CGMR', ['M1', '+CME ERROR: 4']],
    ['ATE2', ERROR],
    ['ATS3?', ['013', 'OK']],
    ['ATS7=30S7?', ['030', 'OK']],
    ['ATS7=0', ERROR],
    ['ATS99?', ERROR],
    ['ATX4L1M0&C1&D2&K0&S0', OK],
    ['AT&F', OK],
    ['ATZ', OK],
    ['ATZ1', ERROR],
    ['AT+CMEE?', ['+CMEE: 1', 'OK']],
    ['AT+CMEE=?', ['+CMEE: (0-2)', 'OK']],
  ])

  it('errors are plain, by number or in words, as +CMEE says', () => {
    const { ask } = modemBench()
    expect(ask('AT+CGACT=1,1')).toEqual(ERROR)
    ask('AT+CMEE=1')
    expect(ask('AT+CGACT=1,1')).toEqual(['+CME ERROR: 3'])
    ask('AT+CMEE=2')
    expect(ask('AT+CGACT=1,1')).toEqual(['+CME ERROR: operation not allowed'])
    expect(ask('AT+CMGF=1;+CMGR=9')).toEqual(['+CMS ERROR: invalid memory index'])
  })

  it('echoes what is typed until it is told not to', () => {
    const { type, run, said } = modemBench()
    type('ATE0\rAT\r')
    run(seconds(1))
    expect(said()).toBe('ATE0\r\r\nOK\r\n\r\nOK\r\n')
    type('ATE1\rAT\r')
    run(seconds(1))
    expect(said()).toBe('\r\nOK\r\nAT\r\r\nOK\r\n')
  })

  it('answers by numbers, or not at all, when it is told to', () => {
    const { type, run, said } = modemBench()
    type('ATE0V0\rATI;+CGMM\rATY\r')
    run(seconds(1))
    expect(said()).toBe('ATE0V0\r0\rMaker\r\nM1\r\nRevision: 7.1\r\nM1\r\n0\r4\r')
    type('ATQ1\rAT\rATY\rATI\r')
    run(seconds(1))
    expect(said()).toBe('Maker\r\nM1\r\nRevision: 7.1\r\n')
  })

  it('ends lines with the characters of S3 and S4, and takes back with that of S5', () => {
    const { type, run, said } = modemBench()
    type('ATE0S4=45S5=35\rATY#I#\r')
    run(seconds(1))
    expect(said()).toBe('ATE0S4=45S5=35\r\r-OK\r-\r-OK\r-')
    type('ATS3=64\rAT@')
    run(seconds(1))
    expect(said()).toBe('@-OK@-@-OK@-')
  })

  it('A/ does the last line again, without a carriage return', () => {
    const { ask, type, run, said } = modemBench()
    ask('ATE0')
    ask('AT+CGMM')
    type('A/')
    run(seconds(1))
    expect(said()).toBe('\r\nM1\r\n\r\nOK\r\n')
  })

  it('Z goes back to what &W kept, &F to the start', () => {
    const { ask } = modemBench()
    ask('AT+CMEE=2;+CREG=1;&W')
    ask('AT+CMEE=1')
    expect(ask('ATZ;+CMEE?;+CREG?')).toEqual(['+CMEE: 2', '+CREG: 1,1', 'OK'])
    expect(ask('AT&F;+CMEE?;+CREG?')).toEqual(['+CMEE: 0', '+CREG: 0,1', 'OK'])
  })

  it('a command that comes while another takes its time is carried out after it', () => {
    const { ask, type, run, said } = modemBench()
    ask('ATE0;+CGDCONT=1,"IP","newcastle"')
    type('AT+CGACT=1,1\rAT+CGPADDR=1\r')
    run(seconds(10))
    expect(said()).toBe('\r\nOK\r\n\r\n+CGPADDR: 1,"10.20.0.11"\r\n\r\nOK\r\n')
  })

  it('a restart is answered, takes its time, and leaves contexts and the kept profile only', () => {
    const { ask, run, said, type } = modemBench()
    ask('AT+CMEE=2;&W;+CREG=1;+CGDCONT=1,"IP","newcastle";+CGACT=1,1', 20)
    expect(ask('AT+CFUN=1,1', 0.5)).toEqual(OK)
    type('AT\r')
    run(seconds(2))
    expect(said()).toBe('')
    run(seconds(4))
    expect(ask('AT+CMEE?;+CREG?;+CGDCONT?')).toEqual([
      '+CMEE: 2',
      '+CREG: 0,1',
      '+CGDCONT: 1,"IP","newcastle","",0,0',
      'OK',
    ])
  })

  it('a terminal that goes leaves its line behind, and the next one begins anew', () => {
    const { ask, line, run, said, type } = modemBench()
    ask('AT+CMGF=1')
    type('AT+CMGS="447700900121"\rhalf a mess')
    run(seconds(1))
    line.cut('unplugged')
    run(seconds(1))
    line.mend()
    run(minutes(1))
    said()
    expect(ask('AT+CMGF?')).toEqual(['+CMGF: 1', 'OK'])
  })
})
