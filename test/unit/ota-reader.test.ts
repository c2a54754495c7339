import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { mmoHash } from '../../src/crypto/mmo.ts'
import { buildOtaWhole, element, type OtaPlan } from '../../src/firmware/ota-builder.ts'
import { formatFault } from '../../src/firmware/ota-fault.ts'
import { OtaReader, type OtaReport, readOta } from '../../src/firmware/ota-reader.ts'
import type { OtaTrust } from '../../src/firmware/ota-verdicts.ts'
import { TEST_SIGNER, testSigner, testTrust } from '../../src/firmware/test-signing.ts'
import { octetSource } from '../helpers/disturbed-octets.ts'

const header = {
  manufacturerCode: 0x121d,
  imageType: 0x0007,
  fileVersion: 0x03010000,
  stackVersion: 2,
  headerString: 'a gas meter',
}
const payload = octetSource(7).bytes(1_000)
const plan = (more: Partial<OtaPlan> = {}): OtaPlan => ({
  ...header,
  elements: [element(0, payload)],
  integrityCode: true,
  signers: [],
  ...more,
})
const trust = testTrust()
const good = (octets: Uint8Array): OtaReport => {
  const report = readOta(octets, { trust })
  expect(report.fault && formatFault(report.fault)).toBeUndefined()
  return report
}
/** In pieces, the reader's standing kept as JSON and taken up again after each. */
function withPowerLosses(octets: Uint8Array): OtaReport {
  let reader = new OtaReader({ trust })
  for (let at = 0; at < octets.length; at += 7) {
    reader.push(octets.subarray(at, at + 7))
    reader = OtaReader.restored(JSON.parse(JSON.stringify(reader.memory())), { trust })
  }
  expect(reader.whole).toBe(true)
  return reader.finish()
}
const u32 = (value: number) => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
/** Written by hand: magic, header version, length, field control, 0x1234, type 1, version 0x01020304, PRO, no text, total. */
const written = (total: number, { length = 0x38, control = 0, more = '' } = {}): string =>
  `1ef1ee0b0001${toHex(Uint8Array.of(length, 0))}${toHex(Uint8Array.of(control, 0))}3412010004030201` +
  `0200${'00'.repeat(32)}${toHex(u32(total))}${more}`
const fault = (hex: string, options = {}) => {
  const { fault } = readOta(fromHex(hex), options)
  return fault && formatFault(fault)
}

describe('an OTA file', () => {
  it('is read in pieces of any size as it is in one', () => {
    const octets = buildOtaWhole(plan({ signers: [testSigner(1), testSigner(2)] }))
    const whole = good(octets)
    for (const size of [1, 2, 3, 5, 16, 61, 1_023]) {
      const reader = new OtaReader({ trust })
      for (let at = 0; at < octets.length; at += size) reader.push(octets.subarray(at, at + size))
      expect(reader.finish(), `pieces of ${size}`).toEqual(whole)
    }
  })

  it('lists its sub-elements where they stand', () => {
    const octets = buildOtaWhole(plan({ elements: [element(0, payload), element(0xf123, Uint8Array.of(1, 2))] }))
    expect(good(octets).elements).toEqual([
      { tag: 0, offset: 56, dataOffset: 62, length: 1_000 },
      { tag: 0xf123, offset: 1_062, dataOffset: 1_068, length: 2 },
      { tag: 3, offset: 1_070, dataOffset: 1_076, length: 16 },
    ])
  })

  it('has every optional field of its header, whichever are there', () => {
    const optional = {
      securityCredentialVersion: 2,
      destination: '00db1234567890a4',
      hardwareVersions: { minimum: 1, maximum: 0x0102 },
    }
    const keys = Object.keys(optional) as (keyof typeof optional)[]
    for (let some = 0; some < 8; some++) {
      const fields = Object.fromEntries(keys.filter((_, at) => some & (1 << at)).map(key => [key, optional[key]]))
      const report = good(buildOtaWhole(plan(fields)))
      const headerLength = [56, 57, 64, 65, 60, 61, 68, 69][some]!
      const totalImageSize = headerLength + 6 + 1_000 + 6 + 16
      expect(report.header).toEqual({ ...header, ...fields, headerLength, totalImageSize })
    }
  })

  it('may have a longer header than its fields take', () => {
    const report = good(fromHex(written(58, { length: 58, more: 'abcd' })))
    expect(report.header).toMatchObject({ headerLength: 58, totalImageSize: 58, manufacturerCode: 0x1234 })
  })

  it('may stand behind octets of a wrapper, and before others', () => {
    const octets = buildOtaWhole(plan({ signers: [testSigner(1)] }))
    const wrapped = Buffer.concat([fromHex('4e4749531ef11ef1ee1ef1'), octets, Uint8Array.of(1, 2, 3)])
    const report = good(wrapped)
    expect(report).toMatchObject({ preamble: 11, trailing: 3, octets: octets.length + 14 })
    expect(report.integrity).toEqual({ is: 'good', form: 'before the tag' })
    expect(report.signatures).toMatchObject([{ is: 'good' }])
    expect(report.elements[0]).toMatchObject({ offset: 67, dataOffset: 73 })
  })

  it('goes on where a device that lost power stood', () => {
    const octets = buildOtaWhole(plan({ hardwareVersions: { minimum: 1, maximum: 2 }, signers: [testSigner(2)] }))
    expect(withPowerLosses(octets)).toEqual(good(octets))
  })
})

it('a reader that stood before something wrong stands there again', () => {
  const octets = fromHex(`${written(64)}00000300000001`)
  const whole = readOta(octets)
  const reader = new OtaReader()
  for (let at = 0; at < octets.length; at++) {
    reader.push(octets.subarray(at, at + 1))
    expect(reader.whole).toBe(false)
  }
  expect(reader.fault).toEqual(whole.fault)
  const again = OtaReader.restored(JSON.parse(JSON.stringify(reader.memory())))
  expect(again.fault).toEqual(whole.fault)
  expect(again.memory()).toEqual(reader.memory())
  again.push(new Uint8Array(5))
  expect(again.finish()).toEqual({ ...whole, octets: octets.length + 5 })
})

describe('the integrity code', () => {
  it('is of the form before the tag when we write it', () => {
    const octets = buildOtaWhole(plan())
    expect(toHex(octets.subarray(-16))).toBe(toHex(mmoHash(octets.subarray(0, -22))))
    expect(good(octets).integrity).toEqual({ is: 'good', form: 'before the tag' })
  })

  it('is taken in the form before the code', () => {
    const octets = buildOtaWhole(plan())
    octets.set(mmoHash(octets.subarray(0, -16)), octets.length - 16)
    expect(good(octets).integrity).toEqual({ is: 'good', form: 'before the code' })
  })

  it('covers r and s when it stands behind a signature', () => {
    const before = buildOtaWhole(plan({ integrityCode: false, signers: [testSigner(1)] }))
    const octets = Buffer.concat([before, fromHex('030010000000'), new Uint8Array(16)])
    octets.writeUInt32LE(octets.length, 52)
    octets.set(mmoHash(octets.subarray(0, -22)), octets.length - 16)
    expect(good(octets)).toMatchObject({ integrity: { is: 'good' }, signatures: [{ is: 'bad' }] })
    expect(withPowerLosses(octets)).toEqual(good(octets))
  })

  it('is bad when one octet of the image differs', () => {
    const octets = buildOtaWhole(plan())
    const expected = toHex(octets.subarray(-16))
    octets[500]! ^= 0x10
    expect(good(octets).integrity).toMatchObject({ is: 'bad', found: expected })
  })
})

describe('a signature', () => {
  it.each([1, 2] as const)('of suite %i by the test signer is good', suite => {
    const { signatures, certificates } = good(buildOtaWhole(plan({ signers: [testSigner(suite)] })))
    expect(signatures).toMatchObject([{ suite, is: 'good', signer: TEST_SIGNER }])
    expect(certificates).toEqual([{ suite, is: 'well-formed', subject: TEST_SIGNER, issuer: '5331524947545354' }])
  })

  it('covers every octet but r and s', () => {
    const octets = buildOtaWhole(plan({ elements: [element(0, payload.subarray(0, 40))], signers: [testSigner(1)] }))
    const rs = octets.length - 54 - 42
    for (let at = 8; at < octets.length; at++) {
      const changed = octets.slice()
      changed[at]! ^= 1
      const report = readOta(changed, { trust })
      if (report.fault) continue
      const covered = at < rs || at >= rs + 42
      expect(report.signatures[0]?.is, `octet ${at}`).not.toBe('good')
      if (!covered) expect(report).toMatchObject({ integrity: { is: 'good' }, signatures: [{ is: 'bad' }] })
    }
  })

  it.each([
    ['no certificate beside it', 'no certificate', (o: Uint8Array) => renumber(o, 2, 0xf002)],
    ['a certificate of somebody else', 'other subject', (o: Uint8Array) => flip(o, o.length - 48 - 6 - 42 - 1)],
  ])('with %s is not one', (_name, is, change) => {
    const octets = change(buildOtaWhole(plan({ signers: [testSigner(1)] })))
    expect(good(octets).signatures).toMatchObject([{ is }])
  })

  it('of an authority that is not trusted, or by one who may not sign, is not one', () => {
    const octets = buildOtaWhole(plan({ signers: [testSigner(1, '00db000000000001')] }))
    const detail = (trusted: OtaTrust) => readOta(octets, { trust: trusted }).signatures[0]?.detail
    expect(readOta(octets).signatures).toMatchObject([{ is: 'unknown issuer' }])
    expect(detail({ authorities: [] })).toBe('issuer 5331524947545354 found, none expected')
    const others = trust.authorities.map(({ suite, publicKey }) => ({ suite, publicKey, issuer: `other ${suite}` }))
    expect(detail({ authorities: others })).toBe('issuer 5331524947545354 found, other 1 expected')
    expect(good(octets).signatures).toMatchObject([{ is: 'unauthorised signer', signer: '00db000000000001' }])
    expect(detail(trust)).toBe(`00db000000000001 found, ${TEST_SIGNER} expected`)
    expect(detail({ ...trust, signers: [] })).toBe('00db000000000001 found, nobody expected')
    const anyone = { authorities: trust.authorities }
    expect(readOta(octets, { trust: anyone }).signatures).toMatchObject([{ is: 'good' }])
  })

  it('needs a certificate for signing', () => {
    const octets = buildOtaWhole(plan({ signers: [testSigner(2)] }))
    const usage = octets.length - 37 - 1
    expect(octets[usage]).toBe(0x80)
    octets[usage] = 0x08
    expect(good(octets).signatures).toMatchObject([{ is: 'no certificate', detail: expect.stringMatching(/keyUsage/) }])
  })
})

const flip = (octets: Uint8Array, at: number): Uint8Array => {
  octets[at]! ^= 1
  return octets
}
function renumber(octets: Uint8Array, tag: number, to: number): Uint8Array {
  const { elements } = readOta(octets)
  new DataView(octets.buffer).setUint16(elements.find(one => one.tag === tag)!.offset, to, true)
  return octets
}

describe('what is wrong is told with its place', () => {
  it.each([
    ['nothing at all', '', 'octet 0, upgrade file identifier: the end of the file found, 1e f1 ee 0b expected'],
    ['no magic', '00'.repeat(80), 'octet 80, upgrade file identifier: the end of the file found, 1e f1 ee 0b expected'],
    ['half a header', written(56).slice(0, 60), 'octet 30, header: the end of the file found, a whole header expected'],
    [
      'another header version',
      written(56).replace('0b0001', '0b0002'),
      'octet 4, header version: 0x0200 found, 0x0100',
    ],
    ['a short header', written(56, { length: 55 }), 'octet 6, header length: 55 found, 56 to 255 expected'],
    ['fields outside it', written(56, { control: 2 }), 'octet 6, header length: 56 found, at least 64'],
    ['a total size below it', written(55), 'octet 52, total image size: 55 found, 56 or more expected'],
    [
      'a hardware range turned round',
      written(60, { length: 60, control: 4, more: '02000100' }),
      'octet 56, minimum hardware version: 0x0002 found, at most the maximum hardware version, 0x0001, expected',
    ],
    ['a rest', `${written(59)}000000`, 'octet 56, tag: 3 octets up to the total image size found, 6 (tag and length)'],
    ['a long element', `${written(64)}00000300000001`, 'octet 58, length of upgrade image: 3 found, at most 2, where'],
    ['a short code', `${written(63)}03000100000001`, 'octet 58, length of integrity code: 1 found, 16 expected'],
    ['two codes', `${written(100)}${`030010000000${'00'.repeat(16)}`.repeat(2)}`, 'octet 78, tag: a second integrity'],
    [
      'many elements',
      `${written(1_000)}${'000000000000'.repeat(70)}`,
      'octet 440, tag: sub-element 65 found, at most 64',
    ],
    ['its end missing', `${written(70)}00000800000001`, 'octet 63, data: the end of the file found, 7 octets more'],
    ['a wrapper', `aabb${written(55)}`, 'octet 54, total image size: 55 found'],
  ])('%s', (_name, hex, words) => {
    expect(fault(hex)).toContain(words)
  })

  it('to a device, octets before the magic are wrong', () => {
    expect(fault(`00${written(56)}`, { wrapped: false })).toContain('octet 0, upgrade file identifier: something else')
    expect(fault(written(56), { wrapped: false })).toBeUndefined()
  })

  it('to a device with little room, a large image is wrong', () => {
    expect(fault(`${written(64)}000002000000abcd`, { maxImageOctets: 63 })).toContain('64 found, at most 63 expected')
    expect(fault(`${written(64)}000002000000abcd`, { maxImageOctets: 64 })).toBeUndefined()
    expect(fault(written(56), { maxImageOctets: 55 })).toContain('56 found, at most 55 expected; take a smaller image')
  })
})

it('the flags of the tag 0xf000 that its length does not count belong to its data', () => {
  expect(good(fromHex(`${written(66)}00f002000000beefabcd`)).elements).toEqual([
    { tag: 0xf000, offset: 56, dataOffset: 62, length: 4 },
  ])
  expect(good(fromHex(`${written(66)}00f004000000beefabcd`)).elements).toMatchObject([{ length: 4 }])
})

it('a source that gives less or more than it says is our own mistake', () => {
  const build = (...pieces: Uint8Array[]) => buildOtaWhole(plan({ elements: [{ tag: 0, length: 4, pieces }] }))
  expect(() => build(new Uint8Array(3))).toThrow('upgrade image: 3 octets found, 4 expected')
  expect(() => build(new Uint8Array(3), new Uint8Array(2))).toThrow('upgrade image: more octets found, 4 expected')
})
