/** Faults of firmware: images that an SMSO must not send, and upgrades that devices make a mess of. */
import type { Mishap } from '../../devices/ota/mishap.ts'
import { PARTS, type Part } from '../../profiles/parts.ts'
import type { Installation } from '../installation.ts'
import { IMAGE_MISTAKES } from '../spoilt-images.ts'
import type { FaultEffect, FaultKind } from './fault-kind.ts'
import { deviceOf } from './fault-kind.ts'
import { oneOf, type Read, type Words, wholeWord } from './fault-words.ts'
import { readTimedValue, type TimedValue, timedForm } from './timed-value.ts'

/** So many hundredths of an image, unless said otherwise. Assumed. */
const HALFWAY = 50

interface FirmwareKind<H, O extends Words> extends TimedValue<H, O>, Pick<FaultKind, 'does' | 'to' | 'listed'> {
  parts?: readonly Part[]
  begin: (first: H, options: Read<O>) => (installation: Installation) => () => void
}

const firmwareKind = <H, O extends Words>({ parts, begin, ...kind }: FirmwareKind<H, O>): FaultKind => ({
  ...(kind.listed !== undefined && { listed: kind.listed }),
  value: timedForm(kind),
  does: kind.does,
  to: kind.to,
  effect(value, context) {
    const read = readTimedValue(kind, value, context)
    if ('problem' in read) return read
    const inject: FaultEffect['inject'] = begin(read.first, read.options)
    return { ...read.timing, ...(parts && { parts }), inject }
  },
})

/** A party without a name of its own has brought an image for the device before. */
const RIVAL = {
  sha256: 'ff'.repeat(32),
  version: 'rival',
  facts: { manufacturerCode: 0xfffe, imageType: 0, fileVersion: 1, totalImageSize: 1 },
}

const ON_THE_WAY = ['abort', 'stuck', 'power'] as const
const AT_THE_END = ['space', 'verify', 'boot', 'refused', 'lost'] as const
type MishapName = Mishap['is'] | 'rival'

const upgradeOf = (part: Part, names: readonly MishapName[], does: string): FaultKind =>
  firmwareKind({
    does,
    to: { inside: part },
    parts: [part],
    first: oneOf(...names),
    options: { percent: wholeWord(1, 100) },
    begin:
      (name, { percent = HALFWAY }) =>
      installation => {
        if (name === 'rival') return rival(installation, part)
        const on = ON_THE_WAY.find(known => known === name)
        const end = AT_THE_END.find(known => known === name)
        installation.works.setMishap(part, on ? { is: on, percent } : end && { is: end })
        return () => installation.works.setMishap(part, undefined)
      },
  })

function rival(installation: Installation, part: Part): () => void {
  installation.hub.upgrades.desk.announce(RIVAL, [deviceOf(installation.record, part) ?? ''])
  return () => void installation.hub.upgrades.desk.discard(RIVAL.sha256)
}

const OF_DEVICES: readonly MishapName[] = [...ON_THE_WAY, ...AT_THE_END, 'rival']
const DEVICE_DOES =
  'an upgrade of PART (esme, gsme, ppmid) is broken off, or stuck, or its power fails, at percent of the image (50); has no room; is not verified; does not start; is refused for supply or credit; its order is lost; or another image is on its way'

export const FIRMWARE_FAULTS: Readonly<Record<string, FaultKind>> = {
  'smso.image': firmwareKind({
    does: 'the images that the SMSO sends have this mistake',
    to: 'a party',
    first: oneOf(...IMAGE_MISTAKES),
    options: {},
    begin: mistake => installation => {
      installation.imageMistake = mistake
      return () => {
        installation.imageMistake = undefined
      }
    },
  }),
  'hub.upgrade': upgradeOf(
    'hub',
    ['space', 'verify', 'boot', 'lost'],
    'the hub has no room for images; or does not verify its own, does not start with it, or does not go down for it',
  ),
  ...Object.fromEntries(
    PARTS.filter(part => part === 'esme' || part === 'gsme' || part === 'ppmid').map(part => [
      `${part}.upgrade`,
      { ...upgradeOf(part, OF_DEVICES, DEVICE_DOES), listed: 'PART.upgrade' },
    ]),
  ),
}
