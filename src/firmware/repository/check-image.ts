/** Whether an image is what its entry in the index says, octet for octet. */
import type { FileProblem } from '../../base/errors.ts'
import { type LocatedYaml, problemAt } from '../../profiles/located-yaml.ts'
import { examine } from '../examine.ts'
import { hex } from '../ota-elements.ts'
import { formatFault } from '../ota-fault.ts'
import type { OtaHeader } from '../ota-header.ts'
import { type ImageEntry, MAX_IMAGE_OCTETS } from './index-file.ts'
import type { FirmwareImage } from './repository.ts'

/** Every disagreement between the entry at `at` and its image. */
export function octetProblems(yaml: LocatedYaml, at: string, image: FirmwareImage): FileProblem[] {
  const problems: FileProblem[] = []
  const report = (pointer: string, code: string, message: string, hint?: string) =>
    problems.push(problemAt(yaml, `${at}${pointer}`, { code, message, hint }))
  const found = examine(image.open())
  const { header, fault, preamble, trailing, sha256, octets } = found
  if (fault) {
    report('/file', 'image.form', `expected a ZigBee OTA file, found one with a fault: ${formatFault(fault)}`)
    return problems
  }
  if (preamble + trailing > 0) {
    const message = `expected the image alone, found ${preamble} octets before it and ${trailing} after it`
    const hint = `take it out: tail -c +${preamble + 1} FILE | head -c ${octets - preamble - trailing}`
    report('/file', 'image.form', message, hint)
    return problems
  }
  const most = Math.min(MAX_IMAGE_OCTETS, image.ota.maxImageOctets)
  if (octets > most) report('/file', 'image.disagrees', `expected at most ${most} octets, found ${octets}`)
  if (sha256 !== image.sha256) {
    report('/sha256', 'image.disagrees', `expected ${sha256}, which the image has, found ${image.sha256}`)
  }
  if (header) problems.push(...headerProblems(yaml, at, image, header))
  return problems
}

function headerProblems(yaml: LocatedYaml, at: string, image: FirmwareImage, header: OtaHeader): FileProblem[] {
  const differing = (['manufacturerCode', 'imageType', 'fileVersion'] as const).filter(
    key => image[key] !== header[key],
  ) satisfies (keyof ImageEntry)[]
  const problems = differing.map(key => {
    const digits = key === 'fileVersion' ? 8 : 4
    const message = `expected ${hex(header[key], digits)}, which the image has, found ${hex(image[key], digits)}`
    return problemAt(yaml, `${at}/${key}`, { code: 'image.disagrees', message })
  })
  const [has, says] = [range(header.hardwareVersions), range(image.hardwareVersions)]
  if (has === says) return problems
  const message = `expected ${has}, which the image has, found ${says}`
  return [...problems, problemAt(yaml, `${at}/hardwareVersions`, { code: 'image.disagrees', message })]
}

const range = (versions: FirmwareImage['hardwareVersions']): string =>
  versions ? `${versions.minimum} to ${versions.maximum}` : 'no hardware versions'
