/** Firmware images: how fast they are read and judged, and what a large one costs in memory. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { emulatedImage } from '../../src/firmware/emulated-image.ts'
import { examine } from '../../src/firmware/examine.ts'
import { buildOtaWhole, element, type FirmwareSigner } from '../../src/firmware/ota-builder.ts'
import { testSigner, testTrust } from '../../src/firmware/test-signing.ts'
import { median, type Row } from './table.ts'

const header = { manufacturerCode: 1, imageType: 2, fileVersion: 3, stackVersion: 2, headerString: 'bench' }
const LARGE = 10_000_000
const ROUNDS = 5
const ROUND_MS = 300

export function firmware(): Row[] {
  const trust = testTrust()
  const image = (octets: number, signers: readonly FirmwareSigner[]) =>
    buildOtaWhole({ ...header, elements: [element(0, new Uint8Array(octets))], integrityCode: true, signers })
  const perSecond = (octets: Uint8Array): string => {
    const rates = Array.from({ length: ROUNDS }, () => {
      const began = performance.now()
      let images = 0
      while (performance.now() - began < ROUND_MS) {
        examine([octets], { trust })
        images++
      }
      return (images * 1_000) / (performance.now() - began)
    })
    return `${Math.round(median(rates)).toLocaleString('en')} /s`
  }
  return [
    {
      what: 'images inspected, hashes and integrity code included, 1 / 24 / 240 kB',
      measured: [1_000, 24_000, 240_000].map(octets => perSecond(image(octets, []))).join(', '),
      target: '1,000 /s',
    },
    {
      what: 'the same with a signature of suite 1 verified, 24 kB',
      measured: perSecond(image(24_000, [testSigner(1)])),
    },
    { what: 'an emulated image of 10 MB built and inspected, in pieces', ...large(trust) },
  ]
}

function large(trust: ReturnType<typeof testTrust>): Pick<Row, 'measured'> {
  const signer = testSigner(1)
  const run = (octets: number, seen: () => void) => {
    const pieces = emulatedImage({ ...header, name: 'bench', octets, signer })
    function* watched() {
      for (const piece of pieces) {
        seen()
        yield piece
      }
    }
    const { fault, integrity } = examine(watched(), { trust })
    if (fault || integrity.is !== 'good') throw new Error('an image of ours is not good')
  }
  run(100_000, () => {})
  let most = 0
  const before = heldOctets()
  const began = performance.now()
  let pieces = 0
  run(LARGE, () => {
    if (++pieces % 500 === 0) most = Math.max(most, heldOctets() - before)
  })
  const took = performance.now() - began
  return {
    measured: `${Math.round(took)} ms, at most ${Math.max(0, Math.round(most / 1_000)).toLocaleString('en')} kB held`,
  }
}

/** What is alive. */
function heldOctets(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
