/** `s1rig firmware verify FILE`: whether an image may be run, each of its proofs judged. */
import { Command } from 'commander'
import { fromHex } from '../../base/bytes.ts'
import { UsageError, WireError } from '../../base/errors.ts'
import { type Eui64, parseEui64 } from '../../base/ids.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import { curveOf } from '../../crypto/suites.ts'
import type { Examined } from '../../firmware/examine.ts'
import { formatFault } from '../../firmware/ota-fault.ts'
import type { OtaTrust } from '../../firmware/ota-verdicts.ts'
import { testTrust } from '../../firmware/test-signing.ts'
import { EXIT } from '../exit.ts'
import { jsonOption, option } from '../options.ts'
import { examineFile, integrityWords } from './firmware-inspect.ts'

interface VerifyOptions {
  authority?: OtaTrust['authorities'][number][]
  signer?: Eui64[]
  allowUnsigned?: boolean
  json?: boolean
}

export function firmwareVerifyCommand(): Command {
  return new Command('verify')
    .description('whether an image is whole and signed by one who may; code 1 when a proof fails')
    .argument('<file>', 'a ZigBee OTA file')
    .addOption(
      option(
        '--authority <issuer=key>',
        'EUI-64 of an authority and its public key, a compressed point in hex; repeatable; default: the test authority',
      ).argParser((text, before: VerifyOptions['authority']) => [...(before ?? []), authorityOf(text)]),
    )
    .addOption(
      option('--signer <eui64>', 'who may sign; repeatable; default: the test signer').argParser(
        (text, before: VerifyOptions['signer']) => [...(before ?? []), signerOf(text)],
      ),
    )
    .addOption(option('--allow-unsigned', 'take an image without a signature'))
    .addOption(jsonOption())
    .action(verify)
}

type Judged = { proof: string; verdict: 'passed' | 'failed' | 'skipped'; detail: string }

function verify(file: string, { authority, signer, allowUnsigned = false, json }: VerifyOptions): void {
  const test = testTrust()
  const signers = signer ?? (authority ? undefined : test.signers)
  const trust = { authorities: authority ?? test.authorities, ...(signers && { signers }) }
  const found = examineFile(file, { trust })
  const judged = judge(found, allowUnsigned)
  const count = (verdict: Judged['verdict']) => judged.filter(one => one.verdict === verdict).length
  const failed = count('failed')
  if (json) console.log(JSON.stringify({ file, sha256: found.sha256, good: failed === 0, proofs: judged }))
  else {
    for (const { proof, verdict, detail } of judged) console.log(`${verdict.padEnd(7)}  ${proof.padEnd(18)}  ${detail}`)
    console.log(`${count('passed')} passed, ${failed} failed, 0 blocked, ${count('skipped')} skipped`)
  }
  if (failed > 0) process.exitCode = EXIT.failed
}

function judge(found: Examined, allowUnsigned: boolean): Judged[] {
  const { fault, integrity, signatures, header, elements } = found
  if (fault) return [{ proof: 'form', verdict: 'failed', detail: formatFault(fault) }]
  const form = `${header?.totalImageSize} octets in ${elements.length} sub-elements`
  return [
    { proof: 'form', verdict: 'passed', detail: form },
    { proof: 'integrity code', ...verdictOf(integrity.is), detail: integrityWords(integrity) },
    ...signatures.map(({ suite, is, detail }) => ({
      proof: `signature suite ${suite}`,
      ...verdictOf(is === 'good' ? 'good' : 'bad'),
      detail: `${is}: ${detail}`,
    })),
    ...(signatures.length > 0 ? [] : [unsigned(allowUnsigned)]),
  ]
}

const verdictOf = (is: 'good' | 'bad' | 'absent'): Pick<Judged, 'verdict'> => ({
  verdict: is === 'good' ? 'passed' : is === 'bad' ? 'failed' : 'skipped',
})

const unsigned = (allowed: boolean): Judged => ({
  proof: 'signature',
  verdict: allowed ? 'skipped' : 'failed',
  detail: allowed ? 'absent' : 'none found, one expected: Smart Energy devices take signed images only',
})

/** @throws UsageError */
function authorityOf(text: string): OtaTrust['authorities'][number] {
  const [, written = '', key = ''] = /^([^=]*)=([0-9a-fA-F]+)$/.exec(text) ?? []
  const issuer = parseEui64(written)
  const publicKey = fromHex(key)
  const suite: CryptoSuite = publicKey.length === 22 ? 1 : 2
  if (issuer && key.length % 2 === 0 && publicKey.length === (suite === 1 ? 22 : 37)) {
    try {
      curveOf(suite).point(publicKey, 'public key')
      return { suite, issuer, publicKey }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      throw new UsageError(`--authority "${text}": ${error.message}`)
    }
  }
  throw new UsageError(`--authority "${text}": EUI-64=KEY expected, the key 22 (suite 1) or 37 octets (suite 2) in hex`)
}

/** @throws UsageError */
function signerOf(text: string): Eui64 {
  const signer = parseEui64(text)
  if (signer) return signer
  throw new UsageError(`--signer "${text}": an EUI-64 expected, 16 hex digits or 8 pairs joined by - or :`)
}
