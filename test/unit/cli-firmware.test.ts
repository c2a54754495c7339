/** `s1rig firmware`: what people and machines get to read, and what it refuses. */
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { testSigner, testTrust } from '../../src/firmware/test-signing.ts'
import { inProcess } from '../helpers/cli.ts'
import { octetSource } from '../helpers/disturbed-octets.ts'
import { temporaryFolder } from '../helpers/migration.ts'

const folder = () => {
  const at = temporaryFolder()
  const [payload, out] = [join(at, 'code.bin'), join(at, 'image.ota')]
  // More than is read at a time.
  writeFileSync(payload, octetSource(3).bytes(150_000))
  const identity = ['--manufacturer', '0x121d', '--type', '7', '--file-version', '0x03010000']
  const build = (...more: string[]) =>
    inProcess(['firmware', 'build', ...identity, '--payload', payload, '--out', out, ...more])
  return { at, payload, out, build }
}

describe('firmware build', () => {
  it('writes an image that inspect tells all of', async () => {
    const { out, build, at } = folder()
    const wide = ['--hardware', '1-0x0102', '--credential', '2', '--destination', '00-DB-12-34-56-78-90-A4']
    const built = await build('--text', 'a gas meter', ...wide, '--sign', 'both')
    expect(built).toMatchObject({ code: 0, stderr: '' })
    const { stdout, code } = await inProcess(['firmware', 'inspect', out])
    expect(code).toBe(0)
    const sha256 = /sha-256 ([0-9a-f]{64})/.exec(built.stdout)?.[1]
    expect(stdout.trimEnd().split('\n')).toEqual([
      `file                 ${out}, 150373 octets`,
      `sha-256              ${sha256}`,
      'manufacturer         0x121d',
      'image type           0x0007',
      'file version         0x03010000',
      'stack version        0x0002 ZigBee PRO',
      'header string        a gas meter',
      'image                150373 octets',
      'credential version   2',
      'destination          00-DB-12-34-56-78-90-A4',
      'hardware             0x0001 to 0x0102',
      'integrity code       good, the hash of the octets before the tag',
      'signature suite 1    good: signed by 5331524947465753, certified by 5331524947545354',
      'signature suite 2    good: signed by 5331524947465753, certified by 5331524947545354',
      'certificate suite 1  of 5331524947465753, issued by 5331524947545354',
      'certificate suite 2  of 5331524947465753, issued by 5331524947545354',
      '',
      ' octet  tag     sub-element          octets',
      '    69  0x0000  upgrade image        150000',
      '150075  0x0003  integrity code           16',
      '150097  0x0001  signature suite 1        50',
      '150153  0x0002  certificate suite 1      48',
      '150207  0x0005  signature suite 2        80',
      '150293  0x0006  certificate suite 2      74',
    ])
    expect(readdirSync(at).toSorted()).toEqual(['code.bin', 'image.ota'])
  })

  it('writes the same octets each time', async () => {
    const { out, build } = folder()
    await build('--sign', '1')
    const first = readFileSync(out)
    expect(await build('--sign', '1', '--force')).toMatchObject({ code: 0 })
    expect(readFileSync(out).equals(first)).toBe(true)
  })

  it('overwrites nothing unless it is told to', async () => {
    const { out, build } = folder()
    writeFileSync(out, 'mine')
    expect(await build()).toMatchObject({ code: 4, stderr: expect.stringContaining('--force overwrites it') })
    expect(readFileSync(out, 'utf8')).toBe('mine')
  })

  it('leaves nothing behind that is not whole', async () => {
    const { at, out } = folder()
    const [type, manufacturer] = [
      ['--type', '1'],
      ['--manufacturer', '1', '--file-version', '1'],
    ]
    const lost = join(at, 'no', 'image.ota')
    const written = await inProcess([
      ...['firmware', 'build', ...type, ...manufacturer, '--payload', join(at, 'code.bin')],
      ...['--out', lost],
    ])
    expect(written).toMatchObject({ code: 4, stderr: expect.stringContaining(`cannot write ${lost}`) })
    expect(existsSync(out)).toBe(false)
  })

  it('takes each code up to its greatest', async () => {
    const { out, build } = folder()
    const greatest = [
      '--type',
      '0xffff',
      '--file-version',
      '4294967295',
      '--credential',
      '0xff',
      '--hardware',
      '0xffff',
    ]
    expect(await build(...greatest)).toMatchObject({ code: 0 })
    expect(JSON.parse((await inProcess(['firmware', 'inspect', out, '--json'])).stdout).header).toMatchObject({
      ...{ imageType: 0xffff, fileVersion: 0xffff_ffff, securityCredentialVersion: 0xff },
      hardwareVersions: { minimum: 0xffff, maximum: 0xffff },
    })
  })

  it('refuses a payload that is longer than an image can say', async () => {
    const { payload, out, build } = folder()
    truncateSync(payload, 2 ** 32)
    expect(await build()).toMatchObject({ code: 4, stderr: expect.stringContaining('more than an image takes') })
    expect(existsSync(out)).toBe(false)
  })

  it.each([
    ['a code that is too large', ['--type', '0x10000'], /whole number 0 to 0xffff expected/],
    ['a code that is none', ['--credential', '1.5'], /whole number 0 to 0xff expected/],
    ['a hardware range turned round', ['--hardware', '3-1'], /the lowest not above the highest/],
    ['a long header string', ['--text', 'x'.repeat(33)], /at most 32 printable ASCII/],
    ['a destination that is none', ['--destination', 'meter'], /an EUI-64 expected/],
    ['a third suite', ['--sign', '3'], /1, 2 or both expected/],
    ['no payload', ['--payload', '/nowhere/code.bin'], /expected a file that can be read, found none/],
    ['a folder as the payload', ['--payload', '/'], /expected a file that can be read, found none/],
  ])('refuses %s', async (_name, args, says) => {
    const { out, build } = folder()
    expect(await build(...args)).toMatchObject({ code: 4, stderr: expect.stringMatching(says) })
    expect(existsSync(out)).toBe(false)
  })
})

describe('firmware inspect', () => {
  it('tells machines the same, and wrappers and what follows', async () => {
    const { out, build } = folder()
    await build('--no-integrity', '--json')
    writeFileSync(out, Buffer.concat([Buffer.from('NGIS'), readFileSync(out), Buffer.from('!')]))
    const { stdout, code } = await inProcess(['firmware', 'inspect', out, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      file: out,
      octets: 150_067,
      preamble: 4,
      trailing: 1,
      header: { manufacturerCode: 0x121d, fileVersion: 0x03010000, totalImageSize: 150_062 },
      elements: [{ tag: 0, offset: 60, length: 150_000 }],
      integrity: { is: 'absent' },
      signatures: [],
    })
  })

  it('tells what is wrong on stderr, with its place, and what could be read before', async () => {
    const { out, build } = folder()
    await build()
    writeFileSync(out, readFileSync(out).subarray(0, 99_000))
    const { stdout, stderr, code } = await inProcess(['firmware', 'inspect', out])
    expect(code).toBe(4)
    expect(stdout).toContain('file version   0x03010000')
    expect(stdout).not.toContain('integrity')
    expect(stderr.trimEnd()).toBe(
      `${out}: octet 99000, data: the end of the file found, 51084 octets more, up to the total image size, expected; ` +
        'the file is cut off or its length fields are damaged; fetch it again [ota.truncated]',
    )
    expect(JSON.parse((await inProcess(['firmware', 'inspect', out, '--json'])).stdout)).toMatchObject({
      fault: { code: 'ota.truncated', offset: 99_000 },
    })
  })

  it('needs a file', async () => {
    const { stderr, code } = await inProcess(['firmware', 'inspect', 'nowhere.ota'])
    expect({ stderr, code }).toEqual({
      stderr: 's1rig: nowhere.ota: expected a file that can be read, found none\n',
      code: 4,
    })
  })
})

describe('firmware verify', () => {
  it('passes what the test signer has signed', async () => {
    const { out, build } = folder()
    await build('--sign', '2')
    const { stdout, last, code } = await inProcess(['firmware', 'verify', out])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^passed {3}form .*\npassed {3}integrity code .*\npassed {3}signature suite 2 +good: signed by/,
    )
    expect(last).toBe('3 passed, 0 failed, 0 blocked, 0 skipped')
  })

  it('fails what is not signed, unless that is allowed', async () => {
    const { out, build } = folder()
    await build()
    expect(await inProcess(['firmware', 'verify', out])).toMatchObject({
      code: 1,
      last: '2 passed, 1 failed, 0 blocked, 0 skipped',
      stdout: expect.stringMatching(/^failed {3}signature +none found, one expected/m),
    })
    expect(await inProcess(['firmware', 'verify', out, '--allow-unsigned'])).toMatchObject({
      code: 0,
      last: '2 passed, 0 failed, 0 blocked, 1 skipped',
    })
  })

  it('fails what was changed, and what cannot be read', async () => {
    const { out, build } = folder()
    await build('--sign', '1')
    const octets = readFileSync(out)
    octets[70_000]! ^= 1
    writeFileSync(out, octets)
    const changed = await inProcess(['firmware', 'verify', out, '--json'])
    expect(changed.code).toBe(1)
    expect(JSON.parse(changed.stdout)).toMatchObject({
      good: false,
      proofs: [
        { verdict: 'passed' },
        { verdict: 'failed' },
        { verdict: 'failed', detail: expect.stringContaining('bad') },
      ],
    })
    writeFileSync(out, octets.subarray(0, 20))
    expect(await inProcess(['firmware', 'verify', out])).toMatchObject({
      code: 1,
      last: '0 passed, 1 failed, 0 blocked, 0 skipped',
    })
  })

  it('trusts the authorities and signers it is told, and no others', async () => {
    const { out, build } = folder()
    await build('--sign', '1')
    const [one, two] = testTrust().authorities
    const [key, other] = [toHex(one!.publicKey), toHex(two!.publicKey)]
    const verify = async (...args: string[]) => {
      const { stdout, code } = await inProcess(['firmware', 'verify', out, ...args])
      return { code, signature: /signature suite 1 +([a-z ]+):/.exec(stdout)?.[1] }
    }
    const issuer = '53-31-52-49-47-54-53-54'
    expect(await verify('--authority', `${issuer}=${key}`)).toEqual({ code: 0, signature: 'good' })
    expect(await verify('--authority', `${issuer}=${other}`)).toEqual({ code: 1, signature: 'unknown issuer' })
    expect(await verify('--authority', `00db000000000001=${key}`)).toEqual({ code: 1, signature: 'unknown issuer' })
    expect(await verify('--signer', '00db000000000001')).toEqual({ code: 1, signature: 'unauthorised signer' })
    const signers = ['--signer', '00db000000000001', '--signer', testSigner(1).signer]
    expect(await verify(...signers)).toEqual({ code: 0, signature: 'good' })
    const wrong = `${issuer}=${toHex(testSigner(1).certificate.subarray(0, 22))}`
    expect(await verify('--authority', wrong)).toEqual({ code: 1, signature: 'bad' })
  })

  it.each([
    ['an authority without a key', ['--authority', '5331524947545354'], /EUI-64=KEY expected/],
    ['a key of another length', ['--authority', '5331524947545354=0203'], /22 \(suite 1\) or 37 octets/],
    ['a key off the curve', ['--authority', `5331524947545354=04${'00'.repeat(21)}`], /crypto\.point/],
    ['a signer that is none', ['--signer', 'us'], /an EUI-64 expected/],
  ])('refuses %s', async (_name, args, says) => {
    const refused = await inProcess(['firmware', 'verify', 'image.ota', ...args])
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringMatching(says) })
  })
})
