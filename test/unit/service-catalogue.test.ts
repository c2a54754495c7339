import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { decodeMessage, encodeMessage } from '../../src/wan/messages/codec.ts'
import { REQUEST_KINDS, requestOf, variantsOf } from '../../src/wan/messages/requests.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import { mayAsk, needsCommissioning } from '../../src/wan/originator-roles.ts'
import { NOT_SMETS1, SERVICE_CATALOGUE, type ServiceRow } from '../../src/wan/service-catalogue.ts'
import { covered } from '../helpers/service-coverage.ts'
import { COVERAGE_DOC, coverageDoc } from '../helpers/service-coverage-doc.ts'
import { ID, settledHome } from './device-home.ts'
import { hubBench, KEY } from './device-hub-bench.ts'

/** What the DCC's own tool says of each variant of DUIS. */
const matrix: readonly Record<string, string | string[]>[] = createRequire(import.meta.url)(
  '@smartdcc/duis-parser/dist/duis-request-matrix.json',
)
const stated = new Map(matrix.map(row => [row['Service Reference Variant'] as string, row]))
const rows = [...SERVICE_CATALOGUE.values()]
const ofDuis = rows.filter(({ confidence }) => confidence !== 'ours')
const at = (variant: string) => SERVICE_CATALOGUE.get(variant) as ServiceRow

describe('the catalogue', () => {
  it('has every variant of DUIS once, as one that SMETS1 devices take or one that they do not', () => {
    const all = [...ofDuis.map(({ variant }) => variant), ...NOT_SMETS1.keys()]
    expect([...all].sort()).toEqual([...stated.keys()].sort())
  })

  it('has a row for every variant that a kind of request carries', () => {
    for (const kind of REQUEST_KINDS) {
      for (const variant of variantsOf(kind)) expect([kind, SERVICE_CATALOGUE.has(variant)]).toEqual([kind, true])
    }
  })

  it.each(ofDuis)('$variant is critical, and for the users, as the DCC says', ({ variant, critical, roles }) => {
    const row = stated.get(variant)
    expect(critical).toBe(row?.Critical === 'Yes')
    expect([...roles].sort()).toEqual([...(row?.['Eligible User Roles'] ?? [])].sort())
  })

  it.each(ofDuis)('$variant is asked in the modes that the DCC knows', ({ variant, modes }) => {
    const row = stated.get(variant)
    expect(modes.includes('ND')).toBe(row?.['Non-Device Request'] === 'Yes')
    expect(modes.includes('OD')).toBe(row?.['On Demand'] === 'Yes')
    expect(modes.includes('SCH')).toBe(row?.['DCC Scheduled'] === 'Yes')
    const dated = { DSP: 'FD:DSP', Device: 'FD:Dev', 'DSP & Device': 'FD:DSP&Dev' }[
      `${row?.['Future Dated Response Pattern']}`
    ]
    expect(modes.find(mode => mode.startsWith('FD'))).toBe(dated)
  })

  it('names devices that there are', () => {
    const there = Object.keys(ID)
    for (const { variant, devices } of rows) {
      for (const device of devices) expect([variant, there]).toEqual([variant, expect.arrayContaining([device])])
    }
  })
})

describe('who may ask', () => {
  it('a head-end asks anything, a user what its role may, the DCO nothing', () => {
    const [tariff, voltage, number] = ['1.1.1', '6.5', '9.1'].map(at) as [ServiceRow, ServiceRow, ServiceRow]
    const may = (originator: string) => [tariff, voltage, number].map(row => mayAsk(originator, row))
    expect(may('smso')).toEqual([true, true, true])
    expect(may('s1sp')).toEqual([true, true, true])
    expect(may('is')).toEqual([true, false, false])
    expect(may('ed-north')).toEqual([false, true, false])
    expect(may('ou')).toEqual([false, false, true])
    expect(may('dco')).toEqual([false, false, false])
    expect(may('edward')).toEqual([true, true, true])
  })

  it('what must be commissioned is so for everybody but the SMSO', () => {
    expect(needsCommissioning('s1sp', at('7.2'))).toBe(true)
    expect(needsCommissioning('smso', at('7.2'))).toBe(false)
    expect(needsCommissioning('s1sp', at('8.1.1'))).toBe(false)
  })
})

describe('a hub refuses', () => {
  it.each([...NOT_SMETS1])('%s %s with E11: it is not for SMETS1', (variant, name) => {
    const home = settledHome()
    const answer = home.send(ID.ESME, { serviceReferenceVariant: variant })
    home.run(seconds(1))
    const detail = `${variant} ${name} is not for SMETS1 devices`
    expect(answer()).toMatchObject({ serviceReferenceVariant: variant, code: 'E11', detail })
    covered(variant, 'ESME', 'E11')
  })

  it('what the role of its originator may not ask with E4, and does not do it', () => {
    const { hub, link, run } = hubBench()
    hub.session.setKey('ed', KEY)
    const ask = (counter: number, request: Request) => {
      const message = { id: `t-${counter}`, correlationId: '', originator: 'ed', targetDevice: ID.CHF, counter }
      link.listener?.onMessage(encodeMessage({ ...message, sentAtMs: 0, request }, KEY))
      run(seconds(1))
      return link.sent.map(octets => decodeMessage(octets).message.response).at(-1)
    }
    const before = hub.clock.unixMs()
    const set = ask(1, requestOf('synchroniseClock', { setToMs: before + 3_600_000 }))
    expect(set).toMatchObject({ code: 'E4', detail: '6.11 is not for ed to ask' })
    expect(hub.clock.unixMs()).toBeLessThan(before + 60_000)
    covered('6.11', 'CHF', 'E4')
    expect(ask(2, requestOf('readIdentity', {}))?.code).toBe('I0')
    expect(ask(3, requestOf('rotateCredentials', { originator: 'smso', remove: {} }))?.code).toBe('E4')
    covered('S1RIG.ROTATE_CREDENTIALS', 'CHF', 'E4')
  })

  it('what the DCC asks of a meter that it has not commissioned with E5; the SMSO may ask', () => {
    const { hub, link, run } = hubBench()
    hub.session.setKey('s1sp', KEY)
    let counter = 0
    const ask = (originator: string) => {
      const id = `t-${++counter}`
      const envelope = { id, correlationId: '', originator, targetDevice: ID.ESME, counter, sentAtMs: 0 }
      link.listener?.onMessage(encodeMessage({ ...envelope, request: requestOf('disableSupply', {}) }, KEY))
      run(minutes(1))
      return link.sent.map(octets => decodeMessage(octets).message).find(({ correlationId }) => correlationId === id)
        ?.response
    }
    expect(ask('s1sp')).toMatchObject({ code: 'E5', detail: `${ID.ESME} is not commissioned` })
    covered('7.2', 'ESME', 'E5')
    // Nobody is on this HAN: whoever may ask hears that.
    expect(ask('smso')?.code).toBe('E21')
    hub.commissioned.add(ID.ESME)
    expect(ask('s1sp')?.code).toBe('E21')
    covered('7.2', 'ESME', 'E21')
  })

  it('a variant that no one knows with E11', () => {
    const home = settledHome()
    const answer = home.send(ID.ESME, { serviceReferenceVariant: '99.1' })
    home.run(seconds(1))
    expect(answer()).toMatchObject({ code: 'E11', detail: 'unknown request' })
  })
})

it('the page of service requests says what the tests saw', () => {
  expect(readFileSync(COVERAGE_DOC, 'utf8'), 'run npm run generate').toBe(coverageDoc())
})
