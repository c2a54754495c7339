import { describe, expect, it } from 'vitest'
import { cspVerbs, SimPlatform } from '../../src/wan/sim-platform.ts'

const imsi = '234100123456781'
const other = '234100123456782'
const simOf = (imsi: string, ip: string) => ({
  imsi,
  iccid: '8944110012345678901',
  msisdn: '447700900121',
  account: 'mds-original',
  plan: 'newcastle-only',
  addresses: { newcastle: ip },
})
const plans = {
  'newcastle-only': ['newcastle'],
  'newcastle-and-elster': ['newcastle', 'elster'],
  'elster-only': ['elster'],
}

function platform(allocate: (imsi: string, apn: string) => string | undefined = () => '10.30.0.1') {
  const sims = new SimPlatform({ plans, allocate: (sim, apn) => allocate(sim.imsi, apn) })
  sims.add(simOf(imsi, '10.20.0.11'))
  sims.add(simOf(other, '10.20.0.12'))
  const changed: string[] = []
  sims.watch(imsi => changed.push(imsi))
  return { sims, changed }
}

const record = {
  imsi,
  iccid: '8944110012345678901',
  account: 'mds-original',
  plan: 'newcastle-only',
  state: 'active',
  allowedApns: ['newcastle'],
  addresses: { newcastle: '10.20.0.11' },
}

describe('orders to the mobile operator', () => {
  it('sim.query tells what the operator holds', () => {
    expect(platform().sims.handle('sim.query', { imsi })).toEqual({ code: 'ok', sim: record })
  })

  it('account.transfer changes the account and nothing else', () => {
    const { sims } = platform()
    const account = 'dcc-elster'
    expect(sims.handle('account.transfer', { imsi, account })).toEqual({ code: 'ok', sim: { ...record, account } })
    expect(sims.handle('sim.query', { imsi }).sim).toEqual({ ...record, account })
    expect(sims.handle('sim.query', { imsi: other }).sim?.account).toBe('mds-original')
  })

  it('plan.set changes what the network allows, and tells the gateway', () => {
    const { sims, changed } = platform()
    expect(sims.admit(imsi, 'elster')).toEqual({ refused: 'plan' })
    const reply = sims.handle('plan.set', { imsi, plan: 'newcastle-and-elster' })
    expect(reply.sim).toMatchObject({ plan: 'newcastle-and-elster', allowedApns: ['newcastle', 'elster'] })
    expect(sims.admit(imsi, 'elster')).toEqual({ refused: 'no-address' })
    expect(changed).toEqual([imsi])
  })

  it('address.allocate gives a static address once: asked again, it is the same', () => {
    let next = 0
    const { sims } = platform(() => `10.30.0.${++next}`)
    for (let i = 0; i < 3; i++) {
      const { code, sim } = sims.handle('address.allocate', { imsi, apn: 'elster' })
      expect([code, sim?.addresses]).toEqual(['ok', { newcastle: '10.20.0.11', elster: '10.30.0.1' }])
    }
    expect(sims.handle('address.allocate', { imsi, apn: 'newcastle' }).sim?.addresses.newcastle).toBe('10.20.0.11')
    expect(next).toBe(1)
  })

  it('address.allocate does not give one address to two SIMs', () => {
    const { sims } = platform(() => '10.30.0.1')
    sims.handle('address.allocate', { imsi, apn: 'elster' })
    expect(sims.handle('address.allocate', { imsi: other, apn: 'elster' })).toEqual({
      code: 'no-address',
      detail: '10.30.0.1 on "elster" is another SIM\'s already',
    })
    expect(sims.holderOf('elster', '10.30.0.1')?.imsi).toBe(imsi)
    expect(sims.handle('sim.query', { imsi: other }).sim?.addresses).toEqual({ newcastle: '10.20.0.12' })
  })

  it('address.allocate says so when there is none left', () => {
    const reply = platform(() => undefined).sims.handle('address.allocate', { imsi, apn: 'elster' })
    expect(reply).toEqual({ code: 'no-address', detail: 'no address left on "elster"' })
  })

  it('file.imsi-ip lists IMSI and address, a row to a SIM', () => {
    const { sims } = platform()
    expect(sims.handle('file.imsi-ip', { imsi, apn: 'newcastle' }).file).toEqual({
      name: `imsi-ip-${imsi}.csv`,
      csv: `imsi,iccid,apn,ip\r\n${imsi},8944110012345678901,newcastle,10.20.0.11\r\n`,
    })
    expect(sims.handle('file.imsi-ip', { imsi, apn: 'elster' })).toMatchObject({ code: 'no-address' })
  })

  it.each([
    ['another SIM', 'sim.query', { imsi: '234100999999999' }, 'unknown-sim'],
    ['another plan', 'plan.set', { imsi, plan: 'elster' }, 'unknown-plan'],
    ['an access point of no plan', 'address.allocate', { imsi, apn: 'elstre' }, 'unknown-apn'],
    ['another verb', 'sim.erase', { imsi }, 'unknown-verb'],
    ['an empty account', 'account.transfer', { imsi, account: '' }, 'malformed'],
    ['an account too long', 'account.transfer', { imsi, account: 'x'.repeat(65) }, 'malformed'],
    ['a number for a plan', 'plan.set', { imsi, plan: 7 }, 'malformed'],
    ['an IMSI of 14 digits', 'sim.query', { imsi: imsi.slice(1) }, 'malformed'],
    ['an IMSI with a line break', 'sim.query', { imsi: `${imsi}\n` }, 'malformed'],
    ['an IMSI as a number', 'sim.query', { imsi: 234100123456781 }, 'malformed'],
    ['an unknown member', 'sim.query', { imsi, plan: 'elster-only' }, 'malformed'],
    ['a member left out', 'plan.set', { imsi }, 'malformed'],
    ['null', 'sim.query', null, 'malformed'],
    ['an array', 'sim.query', [imsi], 'malformed'],
    ['text', 'sim.query', imsi, 'malformed'],
  ])('%s is refused and changes nothing', (_, verb, body, code) => {
    const { sims, changed } = platform()
    const reply = sims.handle(verb, body)
    expect(reply.code).toBe(code)
    expect(reply.detail).toBeTruthy()
    expect(sims.handle('sim.query', { imsi }).sim).toEqual(record)
    expect(changed).toEqual([])
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('"%s" is no plan, access point or verb', name => {
    const { sims } = platform()
    expect(sims.handle(name, { imsi }).code).toBe('unknown-verb')
    expect(sims.handle('plan.set', { imsi, plan: name }).code).toBe('unknown-plan')
    expect(sims.handle('address.allocate', { imsi, apn: name }).code).toBe('unknown-apn')
    expect(sims.handle('file.imsi-ip', { imsi, apn: name }).code).toBe('no-address')
    expect(sims.admit(imsi, name)).toEqual({ refused: 'plan' })
  })

  it('an unknown verb is told the verbs there are', () => {
    expect(platform().sims.handle('', {}).detail).toBe(`known verbs: ${cspVerbs.join(', ')}`)
    expect(cspVerbs).toEqual([
      'sim.query',
      'sim.suspend',
      'sim.resume',
      'account.transfer',
      'plan.set',
      'address.allocate',
      'file.imsi-ip',
      'file.migrated',
      'file.retained',
    ])
  })
})

describe('what the network enforces', () => {
  it('lets a suspended SIM on no access point until it is resumed, and tells the gateway', () => {
    const { sims, changed } = platform()
    expect(sims.handle('sim.suspend', { imsi }).sim).toEqual({ ...record, state: 'suspended' })
    expect([sims.admit(imsi, 'newcastle'), sims.welcomes(imsi)]).toEqual([{ refused: 'sim' }, false])
    expect(sims.handle('sim.resume', { imsi }).sim).toEqual(record)
    expect([sims.admit(imsi, 'newcastle'), sims.welcomes(imsi)]).toEqual([{ ip: '10.20.0.11' }, true])
    expect([changed, sims.welcomes('234100999999999')]).toEqual([[imsi, imsi], false])
  })

  it('admits a SIM where its plan and its address allow, and says why not', () => {
    const { sims } = platform()
    expect(sims.admit(imsi, 'newcastle')).toEqual({ ip: '10.20.0.11' })
    expect(sims.admit(imsi, 'elster')).toEqual({ refused: 'plan' })
    expect(sims.admit('234100999999999', 'newcastle')).toEqual({ refused: 'sim' })
  })

  it('a pinned plan goes on being enforced whatever is ordered, and the operator shows what was ordered', () => {
    const { sims, changed } = platform()
    sims.pinPlan(imsi, 'newcastle-only')
    sims.handle('address.allocate', { imsi, apn: 'elster' })
    const { sim } = sims.handle('plan.set', { imsi, plan: 'elster-only' })
    expect(sim).toMatchObject({ plan: 'elster-only', allowedApns: ['elster'] })
    expect(sims.admit(imsi, 'elster')).toEqual({ refused: 'plan' })
    expect(sims.admit(imsi, 'newcastle')).toEqual({ ip: '10.20.0.11' })
    expect(changed).toEqual([imsi, imsi])
  })

  it('a plan that does not exist cannot be pinned', () => {
    expect(() => platform().sims.pinPlan(imsi, 'elster')).toThrow('no plan "elster"; there are newcastle-only,')
  })

  it('refuses two SIMs of one IMSI or one address', () => {
    const { sims } = platform()
    expect(() => sims.add(simOf(imsi, '10.20.0.99'))).toThrow(`there is a SIM with IMSI ${imsi} already`)
    expect(() => sims.add(simOf('234100123456783', '10.20.0.11'))).toThrow(
      `10.20.0.11 on "newcastle" is the address of ${imsi} already`,
    )
    expect(sims.sim('234100123456783')).toBeUndefined()
  })
})
