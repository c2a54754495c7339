/**
 * How the firmware of a device model is named, carried and changed over the air. Nothing of it is public for SMETS1: every value
 * that a profile does not state is @source assumed, but for the forms of the fields.
 * @source ZigBee OTA Upgrade 095264r23: OTA header, client attributes, Image Block Request
 */
import { z } from 'zod'
import { whole } from './scalars.ts'

const u16 = whole(0, 0xffff)
const u32 = whole(0, 0xffff_ffff)

/** Which image a model is made of, and what it takes. */
const image = {
  manufacturerCode: u16.default(0x1234),
  imageType: u16.default(0x0001),
  /** Of the image that makes this firmware. */
  fileVersion: u32.default(0x0100_0000),
  /** As images state it; the one of the Basic cluster has 8 bits. */
  hardwareVersion: u16.default(1),
  /** A longer image has no room. */
  maxImageOctets: whole(1, 64 * 1_048_576).default(4 * 1_048_576),
  /** File versions this firmware can be installed on; none stated: any. */
  upgradesFrom: z.array(u32).max(64).default([]),
  /** It takes an image that is older than what it runs. */
  allowDowngrade: z.boolean().default(false),
  /** From the order to run an image until it is back. */
  bootS: whole(1, 86_400).default(30),
}

const client = {
  ...image,
  /** Whether its firmware is changed over the air at all. */
  overTheAir: z.boolean().default(true),
  /** Octets it asks for at once. */
  blockOctets: whole(1, 64).default(48),
  /** From the arrival of a block until it asks for the next: 240 kB in about 20 minutes. */
  blockDelayMs: whole(0, 600_000).default(200),
  /** Octets it asks for in one go, which come in blocks; 0: it asks for each block. */
  pageOctets: whole(0, 0xffff).default(0),
  /** It runs an image only when it is told to; otherwise also when nobody answers three of its questions. */
  activationWaits: z.boolean().default(true),
  /** A power cut does not make it forget when it is to run an image. */
  keepsActivation: z.boolean().default(true),
}

/** Of a device that listens always. */
export const ota = z.strictObject(client)

export const gsmeOta = z.strictObject({
  ...client,
  /** How long it collects blocks in one waking. */
  awakeS: whole(1, 86_400).default(300),
})

export const chfOta = z.strictObject({
  ...image,
  /** Images it holds for its devices, and octets of all of them together. */
  shelfImages: whole(1, 64).default(8),
  shelfOctets: whole(1, 256 * 1_048_576).default(16 * 1_048_576),
  /** Shortest time between two blocks that it asks its devices to keep; 0: it does not. */
  minimumBlockPeriodMs: u16.default(0),
  /** A device that fetches nothing for so long, or is not heard of after it was told to run an image, is given up. */
  stalledAfterS: whole(60, 604_800).default(21_600),
  /** In which order the parts of a home are upgraded, and of a device that has several. */
  upgradeOrder: z
    .array(z.enum(['hub', 'metrology', 'application']))
    .length(3)
    .refine(parts => new Set(parts).size === parts.length, { error: 'each part once' })
    .default(['hub', 'metrology', 'application']),
  /** After how long a device asks again for octets that have not come over the WAN yet. */
  waitS: whole(1, 3_600).default(30),
})
