/**
 * A meter's own affairs, whatever it measures: its supply and what interrupts it, what it writes down, how it is configured, and
 * which time it believes. What stands on the HAN of it beside Metering is served here.
 */

import type { Eui64 } from '../base/ids.ts'
import type { EsmeProfile, GsmeProfile } from '../profiles/profile.ts'
import type { SideOptions } from '../zcl/endpoint-types.ts'
import type { ZclEndpoint } from '../zcl/node.ts'
import { Status } from '../zcl/status.ts'
import type { Peer } from '../zcl/transactions.ts'
import { ClockRules } from './clock-rules.ts'
import { MeterSettings, type MeterSettingsOptions, type SettingsMemory } from './configuration/meter-settings.ts'
import { Partners } from './configuration/partners.ts'
import { type SettingsCommands, serveManagement } from './configuration/serve-management.ts'
import type { COMMON_SETTINGS, SettingSpec } from './configuration/settings.ts'
import type { Surroundings } from './device.ts'
import type { DeviceClock } from './device-clock.ts'
import type { AlertCode } from './events/alert-codes.ts'
import { Conditions, type ConditionsMemory } from './events/conditions.ts'
import { MeterEvents, type MeterEventsMemory } from './events/meter-events.ts'
import { serveEvents } from './events/serve-events.ts'
import { MeterPower, type MeterPowerMemory } from './meter-power.ts'
import { supplyAttributes, supplyCommands } from './supply/serve-supply.ts'
import { supplyEvent } from './supply/supply-events.ts'
import { applyPolicy, type SupplyIncident, type SupplyPolicies } from './supply/supply-policies.ts'
import { SupplySwitch, type SwitchMemory } from './supply/supply-switch.ts'
import { utcOf } from './zigbee-time.ts'

/** Settings every meter has, and those of its kind. */
export type SettingSpecs = typeof COMMON_SETTINGS & Readonly<Record<string, SettingSpec>>

type Metering = SideOptions<'Metering', 'server', 'toServer'>

/** What survives a loss of power. */
export interface HousekeepingMemory {
  supply: SwitchMemory
  policies: SupplyPolicies
  events: MeterEventsMemory
  settings: SettingsMemory
  /** Absent: it has had power ever since. */
  power?: MeterPowerMemory
  /** Absent: nothing was wrong with it. */
  conditions?: ConditionsMemory
  /** Devices joined to it; absent: nobody ever was. */
  partners?: readonly Eui64[]
}

export interface HousekeepingOptions<S extends SettingSpecs> {
  around: Surroundings
  profile: EsmeProfile | GsmeProfile
  clock: DeviceClock
  /** It has a contactor, not a valve. */
  closesOnCommand: boolean
  specs: S
  initial: NonNullable<MeterSettingsOptions<S>['initial']>
  /** Its hub: nobody else configures or commands it. @source assumed */
  hub: () => Eui64
  /** Devices that the installer joined to it; undefined: none, and anybody may act. */
  partners: readonly Eui64[] | undefined
  memory: HousekeepingMemory | undefined
}

export class Housekeeping<S extends SettingSpecs = SettingSpecs> {
  readonly supply: SupplySwitch
  readonly events: MeterEvents
  readonly settings: MeterSettings<S>
  readonly clockRules: ClockRules
  readonly power: MeterPower
  /** What is wrong with it, as it sees it. */
  readonly conditions: Conditions
  /** Who of the home may act on it. */
  readonly partners: Partners
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
      mayWrite: device => device === options.hub(),
    })
    this.settings.watch(setting => {
      if (setting.endsWith('Certificate')) events.raise('8F70', setting)
    })
    this.partners = new Partners(memory ? memory.partners : options.partners)
    this.power = new MeterPower({
      truth: around.clock,
      events,
      onBattery: profile.device === 'GSME',
      memory: memory?.power,
    })
    this.conditions = new Conditions({
      raise: code => events.raise(code),
      incident: (kind, code) => this.incident(kind, code),
      memory: memory?.conditions,
    })
    this.clockRules = new ClockRules({ clock, events, toleranceS: profile.clock.toleranceS })
  }

  memory(): HousekeepingMemory {
    const { supply, policies, events, settings, power, conditions } = this
    const partners = this.partners.memory()
    return {
      ...{ supply: supply.memory(), policies, events: events.memory(), settings: settings.memory() },
      ...{ power: power.memory(), conditions: conditions.memory() },
      ...(partners && { partners }),
    }
  }

  /** Something happened to the meter: it is written down, and the supply does what its policy says. */
  incident(kind: SupplyIncident, code?: AlertCode, detail?: string): void {
    if (code) this.events.raise(code, detail)
    applyPolicy(this.supply, this.policies, kind)
  }

  /** What is done with the supply from now on when something happens. */
  setPolicies(changes: Partial<SupplyPolicies>): void {
    this.policies = { ...this.policies, ...changes }
  }

  /** When the present tenant moved in, ZigBee UTC; 0: nobody knows of another. */
  get tenancySince(): number {
    const common: MeterSettings<typeof COMMON_SETTINGS> = this.settings as never
    const sinceMs = common.get('historyNotBeforeMs')
    return sinceMs === 0 ? 0 : utcOf(sinceMs)
  }

  /** What it adds to the Metering cluster. */
  metering(): Required<Pick<Metering, 'attributes' | 'writes' | 'commands'>> {
    const { supply, events, settings } = this
    const served = {
      ...{ supply, events, clock: this.options.clock, hub: this.options.hub, policies: () => this.policies },
      mayAct: (device: Eui64) => this.partners.has(device),
      setPolicies: (changes: Partial<SupplyPolicies>) => this.setPolicies(changes),
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
    /** Besides those of every meter. */
    commands: (hub: () => Eui64) => SettingsCommands
  }): () => void {
    const { endpoint, esi, listens, showCustomerId, commands } = place
    const { events, options } = this
    const { profile, around } = options
    const natives = profile.events.nativeCodes
    const settings: MeterSettings<typeof COMMON_SETTINGS> = this.settings as never
    endpoint.serve('MeterSettings', {
      ...settings.side('MeterSettings'),
      commands: { ...this.joining(), ...commands(options.hub) },
    })
    serveManagement({
      ...{ endpoint, settings, events, natives, hub: options.hub, showCustomerId },
      supported: profile.supportedAlertCodes,
    })
    return serveEvents({ endpoint, esi, events, natives, timers: around.timers, listens })
  }

  /** Commands of ours that join and unjoin a device of the home. @source assumed */
  private joining(): SettingsCommands {
    const { partners, events, options } = this
    return {
      JoinDevice: ({ device }, from, reply) => {
        if (from.device !== options.hub()) return Status.NOT_AUTHORIZED
        const outcome = partners.join(device)
        if (outcome === 'full') {
          events.raise('8F48', device)
          return Status.INSUFFICIENT_SPACE
        }
        if (outcome === 'joined') events.raise('8F49', device)
        reply('JoinedDevices', { devices: partners.list })
        return 'later'
      },
      UnjoinDevice: ({ device }, from, reply) => {
        if (from.device !== options.hub()) return Status.NOT_AUTHORIZED
        if (!partners.unjoin(device)) {
          events.raise('8F4A', device)
          return Status.NOT_FOUND
        }
        events.raise('8F4B', device)
        reply('JoinedDevices', { devices: partners.list })
        return 'later'
      },
    }
  }
}
