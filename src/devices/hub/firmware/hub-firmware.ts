/** All that a hub does with firmware beside handing it over the HAN. */
import type { Eui64 } from '../../../base/ids.ts'
import { seconds } from '../../../base/time.ts'
import { testTrust } from '../../../firmware/test-signing.ts'
import type { Clock, Timers } from '../../../ports/time.ts'
import type { ChfProfile } from '../../../profiles/profile.ts'
import type { HubFirmwareNotification } from '../../../wan/messages/wan-types.generated.ts'
import type { FirmwareWorks } from '../../ota/firmware-slots.ts'
import type { HanDeviceType } from '../hub-options.ts'
import type { OtaServer } from '../ota/ota-server.ts'
import { type DeskMemory, FirmwareDesk } from './firmware-desk.ts'
import { type HubImage, OwnUpgrade, type OwnUpgradeMemory } from './own-upgrade.ts'
import { UpgradeWatch } from './upgrade-watch.ts'

/** What survives a restart. */
export interface HubFirmwareMemory {
  desk: DeskMemory
  own?: OwnUpgradeMemory
}

export interface HubFirmwareOptions {
  hub: Eui64
  gpf: Eui64
  profile: Pick<ChfProfile, 'ota' | 'firmware'>
  ota: OtaServer
  /** Unless given it trusts who signs for emulated devices, and nothing goes wrong on purpose. */
  works: Pick<FirmwareWorks, 'trust' | 'mishap'> | undefined
  clock: Clock
  timers: Timers
  inventory: ReadonlyMap<Eui64, HanDeviceType>
  isJoined: (device: Eui64) => boolean
  raise: (code: string, text: string, device: Eui64) => void
  notify: (about: HubFirmwareNotification) => void
  restart: ((image: HubImage) => void) | undefined
  memory?: HubFirmwareMemory | undefined
}

export class HubFirmware {
  readonly desk: FirmwareDesk
  readonly watch: UpgradeWatch
  private readonly own: OwnUpgrade

  constructor(options: HubFirmwareOptions) {
    const { ota, profile, memory, notify, works = { trust: testTrust, mishap: () => undefined } } = options
    this.own = new OwnUpgrade({
      ...options,
      ...{ works, shelf: ota.shelf },
      notify: (status, version) => notify({ status, version }),
      memory: memory?.own,
    })
    this.desk = new FirmwareDesk({
      ...options,
      own: this.own,
      hasRoom: () => works.mishap?.()?.is !== 'space',
      memory: memory?.desk,
    })
    this.watch = new UpgradeWatch({ ...options, stalledAfterUs: seconds(profile.ota.stalledAfterS) })
  }

  start(): void {
    this.own.start()
    this.watch.start()
  }

  memory(): HubFirmwareMemory {
    const own = this.own.memory()
    return { desk: this.desk.memory(), ...(own && { own }) }
  }
}
