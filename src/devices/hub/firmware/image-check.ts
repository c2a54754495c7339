/** Whether a file is the image it was announced as. */
import { formatFault } from '../../../firmware/ota-fault.ts'
import type { OtaReport } from '../../../firmware/ota-reader.ts'
import { imageName } from '../../ota/image-identity.ts'
import type { ImageFacts } from '../ota/image-shelf.ts'

/** What is wrong, for people; undefined when nothing is. Who signed it is the business of whoever executes it. */
export function headerProblem({ header, fault }: OtaReport, announced: ImageFacts): string | undefined {
  if (fault) return formatFault(fault)
  if (!header) return 'no OTA header'
  const [found, expected] = [imageName(header), imageName(announced)]
  if (found !== expected) return `image ${found} found, ${expected} announced`
  if (header.totalImageSize !== announced.totalImageSize) {
    return `an image of ${header.totalImageSize} octets found, ${announced.totalImageSize} announced`
  }
  const [its, said] = [range(header.hardwareVersions), range(announced.hardwareVersions)]
  return its === said ? undefined : `for hardware ${its}, ${said} announced`
}

const range = (versions: ImageFacts['hardwareVersions']): string =>
  versions ? `${versions.minimum} to ${versions.maximum}` : 'of any version'
