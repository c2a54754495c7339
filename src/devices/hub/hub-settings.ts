/** What hub and gas proxy are configured with themselves, and what the gas proxy knows of its meter's configuration. */
import type { Eui64 } from '../../base/ids.ts'
import { MeterSettings, type SettingsMemory } from '../configuration/meter-settings.ts'
import { Partners } from '../configuration/partners.ts'
import { COMMON_SETTINGS } from '../configuration/settings.ts'

/** A result as the gas meter last gave it, by service reference variant. */
type GasFacts = readonly (readonly [variant: string, result: Readonly<Record<string, unknown>>])[]

/** What survives a restart. */
export interface HubSettingsMemory {
  chf: SettingsMemory
  gpf: SettingsMemory
  gasFacts: GasFacts
  gpfPartners?: readonly Eui64[]
}

export class HubSettings {
  readonly own: Readonly<Record<'CHF' | 'GPF', MeterSettings<typeof COMMON_SETTINGS>>>
  /** What the gas meter said of its configuration: whoever asks the proxy for it need not wait for the meter. */
  readonly gasFacts: Map<string, Readonly<Record<string, unknown>>>
  /** Devices of the home that may act on the gas proxy. */
  readonly gpfPartners: Partners

  /** `partners`: devices the installer joined to the gas proxy. */
  constructor(partners: readonly Eui64[] | undefined, memory?: HubSettingsMemory) {
    const settings = (kept?: SettingsMemory) =>
      new MeterSettings({ specs: COMMON_SETTINGS, memory: kept, onRefused: () => {} })
    this.own = { CHF: settings(memory?.chf), GPF: settings(memory?.gpf) }
    this.gasFacts = new Map(memory?.gasFacts)
    this.gpfPartners = new Partners(memory ? memory.gpfPartners : partners)
  }

  memory(): HubSettingsMemory {
    const gpfPartners = this.gpfPartners.memory()
    return {
      chf: this.own.CHF.memory(),
      gpf: this.own.GPF.memory(),
      gasFacts: [...this.gasFacts],
      ...(gpfPartners && { gpfPartners }),
    }
  }
}
