/**
 * The workshop of a home, where its emulated parts lose their power and have their firmware changed: which profile each part is now,
 * what an image would make of it, and the end of one life and the beginning of the next when it starts anew.
 */
import { minutes, seconds } from '../base/time.ts'
import type { FirmwareWorks } from '../devices/ota/firmware-slots.ts'
import { type ImageIdentity, isSameImage } from '../devices/ota/image-identity.ts'
import type { Mishap } from '../devices/ota/mishap.ts'
import type { OtaTrust } from '../firmware/ota-verdicts.ts'
import { testTrust } from '../firmware/test-signing.ts'
import type { HanNode } from '../ports/han.ts'
import type { Clock, Timers } from '../ports/time.ts'
import type { Part } from '../profiles/parts.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Installation as InstallationRecord } from '../profiles/rig.ts'
import { DeviceLife } from './device-life.ts'
import { Outage } from './faults/outage.ts'

/** Parts that are another profile than the rig says, by the id of that. */
export type Became = Readonly<Partial<Record<Part, string>>>

export interface HomeWorksOptions {
  record: Pick<InstallationRecord, 'devices' | 'firmware'>
  clock: Clock
  timers: Timers
  /** What had become of parts before this process. */
  before: Became | undefined
  /** Takes a part off the air; what is returned gives it back. */
  silence: (part: Part) => () => void
  /** The power of a part is going: the last that it does. */
  powerFails: (part: Part) => void
  /** The part is to be made anew from what it keeps, as the profile it is now. */
  begin: (part: Part, start: Start) => void
}

/** Why a part starts anew: its power is back; or its firmware was changed, and what it was to run runs, or what ran before. */
export type Start = 'power' | 'upgraded' | 'rolled-back'

/** An image that does not start costs two starts: its own, and the one of what ran before. @source assumed */
const STARTS_OF_ROLL_BACK = 2
/** How long a mishap leaves a part without power. @source assumed */
const POWER_OUT_US = minutes(2)

export class HomeWorks {
  private readonly options: HomeWorksOptions
  private readonly profiles = new Map<Part, Profile>()
  private readonly mishaps = new Map<Part, Mishap>()
  private readonly lives = new Map<Part, { number: number; life: DeviceLife }>()
  /** Of parts that have been down: without power, or between two lives. */
  private readonly downs = new Map<Part, Outage>()
  /** Firmware that was changed while a part was down. */
  private readonly changed = new Map<Part, Start>()
  private trusted: OtaTrust | undefined

  constructor(options: HomeWorksOptions) {
    this.options = options
    for (const part of Object.keys(options.before ?? {}) as Part[]) {
      const profile = options.record.firmware.find(({ id }) => id === options.before?.[part])
      if (profile) this.profiles.set(part, profile)
    }
  }

  /** What a part is now. */
  profileOf(part: Part): Profile | undefined {
    return this.profiles.get(part) ?? this.original(part)
  }
  /** Undefined where every part is what the rig says. */
  get became(): Became | undefined {
    if (this.profiles.size === 0) return undefined
    return Object.fromEntries([...this.profiles].map(([part, { id }]) => [part, id]))
  }

  /** A part begins a life: with timers, dice and a place on the HAN that are its own. */
  begin<N extends HanNode>(part: Part, lease: N & { end(): void }): DeviceLife<N> {
    const number = (this.lives.get(part)?.number ?? -1) + 1
    const { clock, timers } = this.options
    const life = new DeviceLife({ clock, timers, lease })
    this.lives.set(part, { number, life })
    return life
  }
  /** How many lives a part has had before this one. */
  livesOf(part: Part): number {
    return this.lives.get(part)?.number ?? 0
  }

  /** What a part is given to change its firmware with. */
  worksOf(part: Part): FirmwareWorks {
    return {
      trust: () => {
        this.trusted ??= testTrust()
        return this.trusted
      },
      outcome: image => this.outcome(part, image)?.ota,
      boot: image => this.boot(part, image),
      mishap: () => this.mishaps.get(part),
      losePower: () => void this.options.timers.after(POWER_OUT_US, `${part} power`, this.cutPower(part)),
    }
  }

  /** Fault: what goes wrong with upgrades of a part; nothing any more when it is undefined. */
  setMishap(part: Part, mishap: Mishap | undefined): void {
    if (mishap) this.mishaps.set(part, mishap)
    else this.mishaps.delete(part)
  }

  /** Whether a part runs. */
  isUp(part: Part): boolean {
    return !this.downs.get(part)?.is
  }

  /** Takes the power of a part away, for one more reason; what is returned ends that. */
  cutPower(part: Part): () => void {
    this.options.powerFails(part)
    const powerOn = this.down(part)
    this.lives.get(part)?.life.clock.stop()
    return powerOn
  }

  /** Ends the life of a part, unless it is down already; with the last reason for that gone the next begins. */
  private down(part: Part): () => void {
    const down = this.downs.get(part) ?? this.downOf(part)
    this.downs.set(part, down)
    return down.add()
  }
  private downOf(part: Part): Outage {
    const { silence, begin } = this.options
    let heard = () => {}
    return new Outage({
      begins: () => {
        this.lives.get(part)?.life.end()
        heard = silence(part)
      },
      ends: () => {
        const start = this.changed.get(part) ?? 'power'
        this.changed.delete(part)
        heard()
        begin(part, start)
      },
    })
  }

  /** What an image makes of a part; undefined: nothing that starts. */
  private outcome(part: Part, image: ImageIdentity): Profile | undefined {
    const { firmware } = this.options.record
    const original = this.original(part)
    const all = original ? [original, ...firmware] : firmware
    return all.find(({ device, ota }) => device === original?.device && isSameImage(ota, image))
  }

  private boot(part: Part, image: ImageIdentity): void {
    const before = this.profileOf(part)
    const after = this.mishaps.get(part)?.is === 'boot' ? undefined : this.outcome(part, image)
    const up = this.down(part)
    const startS = before?.ota.bootS ?? 0
    this.options.timers.after(seconds(after ? startS : startS * STARTS_OF_ROLL_BACK), `${part} boot`, () => {
      if (after && after === this.original(part)) this.profiles.delete(part)
      else if (after) this.profiles.set(part, after)
      this.changed.set(part, after ? 'upgraded' : 'rolled-back')
      up()
    })
  }

  private original(part: Part): Profile | undefined {
    const { devices } = this.options.record
    return part === 'hub' ? devices.chf.profile : devices[part]?.profile
  }
}
