/**
 * A meter's own affairs, whatever it measures: its supply and what interrupts it, what it writes down, how it is configured, and
 * which time it believes. What stands on the HAN of it beside Metering is served here.
 */
import type { EsmeProfile, GsmeProfile } from '../profiles/profile.ts'
import type { SideOptions } from '../zcl/endpoint-types.ts'
import type { ZclEndpoint } from '../zcl/node.ts'
import type { Peer } from '../zcl/transactions.ts'
import { ClockRules } from './clock-rules.ts'
import { MeterSettings, type MeterSettingsOptions, type SettingsMemory } from './configuration/meter-settings.ts'
import { serveManagement } from './configuration/serve-management.ts'
import type { COMMON_SETTINGS, SettingSpec } from './configuration/settings.ts'
import type { Surroundings } from './device.ts'
import type { DeviceClock } from './device-clock.ts'
import type { AlertCode } from './events/alert-codes.ts'
import { MeterEvents, type MeterEventsMemory } from './events/meter-events.ts'
import { serveEvents } from './events/serve-events.ts'
import { letJump } from './quirks/jumping-clock.ts'
import { supplyAttributes, supplyCommands } from './supply/serve-supply.ts'
import { supplyEvent } from './supply/supply-events.ts'
import { applyPolicy, type SupplyIncident, type SupplyPolicies } from './supply/supply-policies.ts'
import { SupplySwitch, type SwitchMemory } from './supply/supply-switch.ts'

/** Settings every meter has, and those of its kind. */
export type SettingSpecs = typeof COMMON_SETTINGS & Readonly<Record<string, SettingSpec>>

type Metering = SideOptions<'Metering', 'server', 'toServer'>

/** What survives a loss of power. */
export interface HousekeepingMemory {
  supply: SwitchMemory
  policies: SupplyPolicies
  events: MeterEventsMemory
  settings: SettingsMemory
}

export interface HousekeepingOptions<S extends SettingSpecs> {
  around: Surroundings
  profile: EsmeProfile | GsmeProfile
  clock: DeviceClock
  /** It has a contactor, not a valve. */
  closesOnCommand: boolean
  specs: S
  initial: NonNullable<MeterSettingsOptions<S>['initial']>
  memory: HousekeepingMemory | undefined
}

export class Housekeeping<S extends SettingSpecs = SettingSpecs> {
  readonly supply: SupplySwitch
  readonly events: MeterEvents
  readonly settings: MeterSettings<S>
  readonly clockRules: ClockRules
  private readonly options: HousekeepingOptions<S>
  private policies: SupplyPolicies

  constructor(options: HousekeepingOptions<S>) {
    const { around, profile, clock, closesOnCommand, specs, initial, memory } = options
    const { initialState, onTamper, onDepletion, onUncontrolledFlow, onLoadLimit } = profile.supply
    this.options = options
    const events = new MeterEvents({
      ...{ clock, trace: around.trace, capacity: profile.events.logCapacity, memory: memory?.events },
      supported: profile.supportedAlertCodes,
    })
    this.events = events
    this.supply = new SupplySwitch({ initialState, closesOnCommand, memory: memory?.supply })
    this.supply.watch({
      after: change => {
        const event = supplyEvent(change)
        if (event) events.raise(...event)
      },
    })
    this.policies = memory?.policies ?? {
      tamper: onTamper,
      depletion: onDepletion,
      'uncontrolled-flow': onUncontrolledFlow,
      'load-limit': onLoadLimit,
    }
    this.settings = new MeterSettings({
      ...{ specs, initial, memory: memory?.settings },
      onRefused: setting => events.raise('8155', `${setting} out of range`),
    })
    this.clockRules = new ClockRules({ clock, events, toleranceS: profile.clock.toleranceS })
    letJump(clock, around.timers, { everyDays: profile.clock.jumpEveryDays, byS: profile.clock.jumpS })
  }

  memory(): HousekeepingMemory {
    const { supply, policies, events, settings } = this
    return { supply: supply.memory(), policies, events: events.memory(), settings: settings.memory() }
  }

  /** Something happened to the meter: it is written down, and the supply does what its policy says. */
  incident(kind: SupplyIncident, code?: AlertCode, detail?: string): void {
    if (code) this.events.raise(code, detail)
    applyPolicy(this.supply, this.policies, kind)
  }

  /** What it adds to the Metering cluster. */
  metering(esi: Peer): Required<Pick<Metering, 'attributes' | 'writes' | 'commands'>> {
    const { supply, events, settings } = this
    const served = {
      ...{ supply, events, clock: this.options.clock, hub: () => esi.device, policies: () => this.policies },
      setPolicies: (changes: Partial<SupplyPolicies>) => {
        this.policies = { ...this.policies, ...changes }
      },
    }
    const { attributes, writes } = settings.side('Metering')
    return { attributes: { ...attributes, ...supplyAttributes(served) }, writes, commands: supplyCommands(served) }
  }

  /** Serves the rest, and gives back what tells the hub of what happened. */
  serve(place: {
    endpoint: ZclEndpoint
    esi: Peer
    listens: boolean
    showCustomerId: (id: string) => boolean
  }): () => void {
    const { endpoint, esi, listens, showCustomerId } = place
    const { events, options } = this
    const { profile, around } = options
    const natives = profile.events.nativeCodes
    const settings: MeterSettings<typeof COMMON_SETTINGS> = this.settings as never
    endpoint.serve('MeterSettings', settings.side('MeterSettings'))
    serveManagement({
      ...{ endpoint, settings, events, natives, hub: () => esi.device, showCustomerId },
      supported: profile.supportedAlertCodes,
    })
    return serveEvents({ endpoint, esi, events, natives, timers: around.timers, listens })
  }
}
