/** Hands the octets of an image to the device they are for: one block for a question, or a page of them. */
import type { Eui64 } from '../../../base/ids.ts'
import { milliseconds } from '../../../base/time.ts'
import type { Clock, Timer, Timers } from '../../../ports/time.ts'
import type { CommandPayload } from '../../../zcl/clusters.ts'
import type { Reply } from '../../../zcl/endpoint-types.ts'
import { Status } from '../../../zcl/status.ts'
import { type ImageIdentity, isSameImage } from '../../ota/image-identity.ts'
import { utcOf } from '../../zigbee-time.ts'
import type { ImageShelf, ShelvedImage } from './image-shelf.ts'

/** No block is longer: with all its headers a frame carries so much. @source assumed */
const LONGEST_BLOCK = 64
/** Blocks of a page follow each other no faster than this. @source assumed */
const LEAST_SPACING_MS = 10
/** @source OTA Upgrade, Image Block Request: field control, minimum block period present */
const PERIOD_STATED = 0x02

export interface BlockServerOptions {
  clock: Clock
  timers: Timers
  shelf: ImageShelf
  minimumBlockPeriodMs: number
  waitS: number
  /** A block went out that ends at `upTo`. */
  onServed: (device: Eui64, image: ShelvedImage, upTo: number) => void
}

type BlockReply = Reply<'OtaUpgrade', 'toClient'>
type BlockRequest = CommandPayload<'OtaUpgrade', 'ImageBlockRequest'>
type PageRequest = CommandPayload<'OtaUpgrade', 'ImagePageRequest'>
type BlockResponse = CommandPayload<'OtaUpgrade', 'ImageBlockResponse'>

export class BlockServer {
  private readonly options: BlockServerOptions
  /** Pages on their way, at most one for each device. */
  private readonly pages = new Map<Eui64, Timer>()

  constructor(options: BlockServerOptions) {
    this.options = options
  }

  answerBlock(request: BlockRequest, device: Eui64, reply: BlockReply): number | 'later' {
    this.stop(device)
    const image = this.imageOf(request, device)
    if (!image) return replyWith(reply, { status: Status.ABORT })
    if (isBeyond(request, image)) return Status.MALFORMED_COMMAND
    const { minimumBlockPeriodMs } = this.options
    // Only who keeps a period says one.
    if (request.fieldControl & PERIOD_STATED && (request.minimumBlockPeriod ?? 0) < minimumBlockPeriodMs) {
      return replyWith(reply, this.later(0))
    }
    return replyWith(reply, this.block(image, device, request.fileOffset, request.maxDataSize))
  }

  /** Blocks follow each other, spaced as asked, until the page is full or there is no more. */
  answerPage(request: PageRequest, device: Eui64, reply: BlockReply): number | 'later' {
    this.stop(device)
    const image = this.imageOf(request, device)
    if (!image) return replyWith(reply, { status: Status.ABORT })
    if (isBeyond(request, image) || request.pageSize === 0) return Status.MALFORMED_COMMAND
    this.goOn(request, device, reply, request.fileOffset)
    return 'later'
  }

  /** What is on its way to a device stops. */
  stop(device: Eui64): void {
    this.pages.get(device)?.cancel()
    this.pages.delete(device)
  }

  private goOn(request: PageRequest, device: Eui64, reply: BlockReply, offset: number): void {
    const image = this.imageOf(request, device)
    if (!image) return void replyWith(reply, { status: Status.ABORT })
    const end = Math.min(request.fileOffset + request.pageSize, image.totalImageSize)
    const block = this.block(image, device, offset, Math.min(request.maxDataSize, end - offset))
    replyWith(reply, block)
    const next = offset + (block.imageData?.length ?? 0)
    if (next === offset || next >= end) return this.stop(device)
    const spacingMs = Math.max(request.responseSpacing, LEAST_SPACING_MS)
    const timer = this.options.timers.after(milliseconds(spacingMs), 'ota page', () =>
      this.goOn(request, device, reply, next),
    )
    this.pages.set(device, timer)
  }

  private imageOf(request: ImageIdentity, device: Eui64): ShelvedImage | undefined {
    const image = this.options.shelf.imageFor(device)
    return image && isSameImage(image, request) ? image : undefined
  }

  private block(image: ShelvedImage, device: Eui64, fileOffset: number, most: number): BlockResponse {
    const { shelf, waitS, onServed } = this.options
    const imageData = shelf.read(image.name, fileOffset, Math.min(most, LONGEST_BLOCK))
    if (imageData.length === 0) return this.later(waitS)
    onServed(device, image, fileOffset + imageData.length)
    const { manufacturerCode, imageType, fileVersion } = image
    return { status: Status.SUCCESS, manufacturerCode, imageType, fileVersion, fileOffset, imageData }
  }

  /** Ask again in so many seconds; 0: at once, with this period between blocks. */
  private later(inS: number): BlockResponse {
    const currentTime = utcOf(this.options.clock.unixMs())
    const { minimumBlockPeriodMs: minimumBlockPeriod } = this.options
    return { status: Status.WAIT_FOR_DATA, currentTime, requestTime: currentTime + inS, minimumBlockPeriod }
  }
}

const isBeyond = ({ fileOffset, maxDataSize }: BlockRequest | PageRequest, image: ShelvedImage): boolean =>
  fileOffset >= image.totalImageSize || maxDataSize === 0

function replyWith(reply: BlockReply, response: BlockResponse): 'later' {
  reply('ImageBlockResponse', response)
  return 'later'
}
