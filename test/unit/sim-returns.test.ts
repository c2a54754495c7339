/** The files of migrated and of retained SIMs: what is wrong in them is told all at once, and nothing is applied before all is right. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/base/errors.ts'
import { SimPlatform } from '../../src/wan/sim-platform.ts'
import { type ReturnVerb, SimReturns } from '../../src/wan/sim-returns.ts'

const HEADER = 'imsi,iccid,apn,ip'
const plans = {
  'newcastle-only': ['newcastle'],
  'newcastle-and-elster': ['newcastle', 'elster'],
  'elster-only': ['elster'],
}
const returns = {
  account: 'dcc-smets1',
  apns: { before: 'newcastle', after: 'elster' },
  migrated: { plan: 'elster-only' },
  retained: { account: 'mds-only', plan: 'newcastle-only' },
}
const imsiOf = (n: number) => `23410012345678${n}`
const iccidOf = (n: number) => `894411001234567890${n}`
const elster = (n: number) => `${imsiOf(n)},${iccidOf(n)},elster,10.60.0.${n}`
const newcastle = (n: number) => `${imsiOf(n)},${iccidOf(n)},newcastle,10.20.0.${n}`
const file = (...rows: string[]) => [HEADER, ...rows, ''].join('\r\n')

/** Three SIMs whose data was sent to the SMSO, and a fourth nobody has touched. */
function operator() {
  const sims = new SimPlatform({ plans, returns, allocate: ({ imsi }) => `10.60.0.${imsi.at(-1)}` })
  for (const n of [1, 2, 3, 4]) {
    const [account, plan] = ['mds-original', 'newcastle-only']
    const sim = { imsi: imsiOf(n), iccid: iccidOf(n), msisdn: `44770090012${n}`, account, plan }
    sims.add({ ...sim, addresses: { newcastle: `10.20.0.${n}` } })
  }
  const order = (verb: string, n: number, more = {}) => sims.handle(verb, { imsi: imsiOf(n), ...more })
  for (const n of [1, 2, 3]) {
    order('account.transfer', n, { account: 'dcc-smets1' })
    order('plan.set', n, { plan: 'newcastle-and-elster' })
    order('address.allocate', n, { apn: 'elster' })
    expect(order('file.imsi-ip', n, { apn: 'elster' }).code).toBe('ok')
  }
  const desk = new SimReturns(sims, returns)
  const take = (verb: ReturnVerb, csv: string) => {
    const { reply, closures } = desk.take(verb, { csv })
    for (const { imsi, group } of closures) sims.close(imsi, group)
    return reply
  }
  const seen = () => [1, 2, 3, 4].map(n => order('sim.query', n).sim)
  const problems = (verb: ReturnVerb, csv: string) => {
    const before = seen()
    const reply = take(verb, csv)
    expect(reply.code).toBe('bad-file')
    expect(seen()).toEqual(before)
    return (reply.problems ?? []).map(formatProblem)
  }
  return { sims, order, take, seen, problems }
}

describe('the stages of a SIM', () => {
  it('are told by the operator from the account it came with to the file that names it', () => {
    const { sims, order, take } = operator()
    const stage = (n: number) => order('sim.query', n).sim?.stage
    expect(stage(4)).toBe('original')
    order('account.transfer', 4, { account: 'dcc-smets1' })
    expect([stage(4), stage(1)]).toEqual(['transferred', 'data-sent'])
    take('file.migrated', file(elster(1), elster(3)))
    expect([stage(1), stage(2)]).toEqual(['data-sent', 'data-sent'])
    take('file.retained', file(newcastle(2)))
    expect([1, 2, 3].map(stage)).toEqual(['migrated', 'retained', 'migrated'])
    expect(sims.stageOf('234100999999999')).toBeUndefined()
  })

  it('a file to the SMSO before the transfer, or of a plan without the access point, is not sent', () => {
    const { order } = operator()
    order('address.allocate', 4, { apn: 'elster' })
    const send = () => order('file.imsi-ip', 4, { apn: 'elster' })
    const [account, plan] = ['dcc-smets1', 'newcastle-and-elster']
    expect(send()).toEqual({ code: 'not-ready', detail: `the SIM is of account mds-original; ${account} expected` })
    order('account.transfer', 4, { account })
    expect(send()).toEqual({ code: 'not-ready', detail: 'plan newcastle-only does not allow elster' })
    expect(order('sim.query', 4).sim?.stage).toBe('transferred')
    order('plan.set', 4, { plan })
    expect(send()).toMatchObject({ code: 'ok', sim: { stage: 'data-sent' } })
  })
})

describe('two files that come back', () => {
  it.each([
    ['file.migrated', 'file.retained'],
    ['file.retained', 'file.migrated'],
  ] as const)('take effect together, %s first', (first, second) => {
    const { take, seen, sims } = operator()
    const files = { 'file.migrated': file(elster(1), elster(3)), 'file.retained': file(newcastle(2)) }
    const before = seen()
    expect(take(first, files[first])).toMatchObject({ code: 'ok', detail: expect.stringContaining(`until ${second}`) })
    expect(seen()).toEqual(before)
    expect(take(second, files[second])).toEqual({ code: 'ok', detail: '2 migrated, 1 retained' })
    expect(seen()).toMatchObject([
      { account: 'dcc-smets1', plan: 'elster-only' },
      { account: 'mds-only', plan: 'newcastle-only' },
      { account: 'dcc-smets1', plan: 'elster-only' },
      { account: 'mds-original', plan: 'newcastle-only' },
    ])
    expect(sims.admit(imsiOf(1), 'newcastle')).toEqual({ refused: 'plan' })
    expect(sims.admit(imsiOf(2), 'elster')).toEqual({ refused: 'plan' })
    expect(sims.admit(imsiOf(2), 'newcastle')).toEqual({ ip: '10.20.0.2' })
  })

  it('a batch of which nobody is retained has an empty file', () => {
    const { take } = operator()
    take('file.retained', file())
    expect(take('file.migrated', file(elster(1), elster(2), elster(3))).detail).toBe('3 migrated, 0 retained')
  })

  it('the SMSO may correct a file while the other is awaited: the later one counts', () => {
    const { take } = operator()
    take('file.migrated', file(elster(1)))
    take('file.migrated', file(elster(1), elster(2)))
    expect(take('file.retained', file(newcastle(3))).detail).toBe('2 migrated, 1 retained')
  })

  it('a SIM in both or in neither stops them, and a corrected file goes through', () => {
    const { take, problems } = operator()
    take('file.migrated', file(elster(1), elster(2)))
    expect(problems('file.retained', file(newcastle(2)))).toEqual([
      `retained.csv:2:1 /imsi: expected an IMSI of one file, found ${imsiOf(2)}, which line 3 of migrated.csv has too [sim.in-both]`,
      `retained.csv:3:1 /: expected every SIM whose data was sent, found neither here nor in migrated.csv: ${imsiOf(3)} [sim.in-none]`,
    ])
    expect(take('file.retained', file(newcastle(3))).code).toBe('ok')
  })

  it('what has changed since the first came stops the second', () => {
    const { take, order, problems } = operator()
    take('file.migrated', file(elster(1), elster(2), elster(3)))
    order('sim.suspend', 2)
    expect(problems('file.retained', file())).toEqual([
      'migrated.csv:3:1 /imsi: expected an active SIM, found a suspended one (order sim.resume first) [sim.standing]',
    ])
    order('sim.resume', 2)
    expect(take('file.retained', file()).code).toBe('ok')
  })

  it('a SIM that is through is in no later file', () => {
    const { take, problems } = operator()
    take('file.retained', file(newcastle(2), newcastle(3)))
    take('file.migrated', file(elster(1)))
    expect(problems('file.migrated', file(elster(1)))[0]).toMatch(/expected a SIM of this batch, found one migrated/)
    expect(problems('file.migrated', file(elster(3)))[0]).toMatch(/expected a SIM of this batch, found one retained/)
  })
})

describe('a file with a problem', () => {
  it('is told all that is wrong with it, each with its place, and changes nothing', () => {
    const { problems, order } = operator()
    order('sim.suspend', 3)
    const csv = file(
      elster(1),
      elster(1),
      '23410012345678,8944110012345678901,elster,10.60.0.1',
      `234100999999999,${iccidOf(9)},elster,10.60.0.9`,
      `${imsiOf(2)},${iccidOf(1)},newcastle,10.60.0.1`,
      elster(3),
      elster(4),
      `${imsiOf(2)},"x"y,elster,10.60.0.2`,
      'a,b',
      '',
    )
    const said = problems('file.migrated', csv)
    expect(said.map(line => line.replace(/^migrated\.csv:/, ''))).toEqual([
      '3:1 /imsi: expected each IMSI once, found 234100123456781, which line 2 has [sim.duplicate]',
      '4:1 /imsi: expected an IMSI of 15 digits, found "23410012345678" [sim.imsi]',
      '5:1 /imsi: expected a SIM of ours, found 234100999999999 [sim.unknown]',
      '6:17 /iccid: expected 8944110012345678902, found "8944110012345678901" [sim.iccid]',
      '6:37 /apn: expected elster, found "newcastle" [sim.apn]',
      '6:47 /ip: expected 10.60.0.2, found "10.60.0.1", the address of 234100123456781 [sim.ip]',
      '7:1 /imsi: expected an active SIM, found a suspended one (order sim.resume first) [sim.standing]',
      '8:1 /imsi: expected a SIM of account dcc-smets1, found one of mds-original [sim.standing]',
      '8:44 /ip: expected no address, as the SIM has none, found "10.60.0.4" [sim.ip]',
      '9:20 /: expected a comma or the end of the line, found "y" (a field with commas, quotes or line breaks stands in quotes, and a quote in it is doubled) [csv.syntax]',
      '10:1 /: expected 4 fields, found 2 [csv.columns]',
      '11:1 /: expected 4 fields, found an empty line [csv.columns]',
    ])
  })

  it.each([
    ['an empty file', '', '1:1 /: expected the columns imsi,iccid,apn,ip, found nothing [csv.header]'],
    [
      'another header',
      'imsi,icid,apn,ip\n',
      '1:6 /: expected the columns imsi,iccid,apn,ip, found "icid" (did you mean "iccid"?) [csv.header]',
    ],
    [
      'a header too short',
      'imsi,iccid\n',
      '1:6 /: expected the columns imsi,iccid,apn,ip, found "iccid" as the last [csv.header]',
    ],
    ['a header too long', `${HEADER},x\n`, '1:19 /: expected the columns imsi,iccid,apn,ip, found "x" [csv.header]'],
  ])('%s', (_, csv, said) => {
    expect(operator().problems('file.migrated', csv)).toEqual([`migrated.csv:${said}`])
  })

  it.each([
    [
      'moved to another account',
      'account.transfer',
      { account: 'other' },
      /a SIM of account dcc-smets1, found one of other/,
    ],
    [
      'on a plan without it',
      'plan.set',
      { plan: 'newcastle-only' },
      /a SIM whose plan allows elster, found plan newcastle-only/,
    ],
  ])('a SIM %s is not migrated', (_, verb, more, says) => {
    const { order, problems } = operator()
    order(verb, 1, more)
    expect(problems('file.migrated', file(elster(1)))).toEqual([expect.stringMatching(says)])
  })

  it('a SIM transferred, but whose data was not sent, is not migrated', () => {
    const { order, problems } = operator()
    order('account.transfer', 4, { account: 'dcc-smets1' })
    order('plan.set', 4, { plan: 'newcastle-and-elster' })
    order('address.allocate', 4, { apn: 'elster' })
    const [said] = problems('file.migrated', file(elster(4)))
    expect(said).toMatch(/were sent to the SMSO, found one in stage transferred \(order file\.imsi-ip first\)/)
  })

  it('at most 100 are told, and how many there are', () => {
    const { take } = operator()
    const reply = take('file.migrated', file(...Array.from({ length: 150 }, () => 'x,y')))
    expect(reply).toMatchObject({ detail: '150 problems; nothing is applied' })
    expect(reply.problems).toHaveLength(100)
  })
})

it('orders of another form, and where no Group file says what follows, are refused', () => {
  const { sims } = operator()
  const desk = new SimReturns(sims, returns)
  for (const body of [null, {}, { csv: 7 }, { csv: '', imsi: imsiOf(1) }, { csv: '', name: '' }]) {
    expect(desk.take('file.migrated', body)).toMatchObject({ reply: { code: 'malformed' }, closures: [] })
  }
  const { reply } = new SimReturns(sims, undefined).take('file.migrated', { csv: file(elster(1)) })
  expect(reply.code).toBe('not-offered')
})
