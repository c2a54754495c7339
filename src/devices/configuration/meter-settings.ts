/** The settings of one meter: kept over a loss of power, served by their attributes, checked when they are written. */
import { fromHex, toHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { ClusterName } from '../../zcl/clusters.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'
import { isSayable, unixMsOf, utcOf } from '../zigbee-time.ts'
import type { SettingSpec, SettingValue } from './settings.ts'

type Value = number | string | boolean
type Specs = Readonly<Record<string, SettingSpec>>
type Side<C extends ClusterName> = Required<Pick<SideOptions<C, 'server', 'toServer'>, 'attributes' | 'writes'>>

/** What survives a loss of power: the settings that are not what they began with. */
export type SettingsMemory = Readonly<Record<string, Value>>

export interface MeterSettingsOptions<S extends Specs> {
  specs: S
  /** What an installer or the profile sets instead of what settings begin with. */
  initial?: { readonly [K in keyof S]?: SettingValue<S[K]> }
  memory?: SettingsMemory | undefined
  /** A value that was written over the air is not what it may be. */
  onRefused: (setting: string) => void
  /** Who may write over the air; anybody unless given. */
  mayWrite?: (device: Eui64) => boolean
}

export class MeterSettings<S extends Specs> {
  private readonly options: MeterSettingsOptions<S>
  private readonly values: Map<string, Value>
  private readonly watchers: ((setting: string) => void)[] = []
  private readonly before: (() => void)[] = []

  constructor(options: MeterSettingsOptions<S>) {
    this.options = options
    this.values = new Map(Object.entries(options.memory ?? {}).filter(([name]) => Object.hasOwn(options.specs, name)))
  }

  get<K extends keyof S & string>(name: K): SettingValue<S[K]> {
    const { specs, initial } = this.options
    return (this.values.get(name) ?? initial?.[name] ?? specs[name]?.initial) as SettingValue<S[K]>
  }
  /** False for a value that the setting may not have: nothing changes. */
  set<K extends keyof S & string>(name: K, value: SettingValue<S[K]>): boolean {
    return this.put(name, value as Value)
  }
  /** All of them or none: false when one may not be so. */
  setAll(values: { readonly [K in keyof S]?: SettingValue<S[K]> }): boolean {
    const { specs } = this.options
    const wanted = Object.entries(values) as [string, Value][]
    if (!wanted.every(([name, value]) => specs[name] && fits(specs[name], value))) return false
    for (const [name, value] of wanted) this.put(name, value)
    return true
  }
  /** Called before each change: until then all was as it is. */
  watchBefore(act: () => void): void {
    this.before.push(act)
  }
  /** Called after each change. */
  watch(act: (setting: string) => void): void {
    this.watchers.push(act)
  }

  memory(): SettingsMemory {
    return Object.fromEntries(this.values)
  }

  /** Attributes and writers of the settings that stand in a cluster, for its `serve`. */
  side<C extends ClusterName>(cluster: C): Side<C> {
    const attributes: Record<string, () => unknown> = {}
    const writes: Record<string, (wire: never, from?: Peer) => number> = {}
    for (const [name, spec] of Object.entries(this.options.specs)) {
      if (spec.cluster !== cluster) continue
      attributes[spec.attribute] = () => toWire(spec, this.get(name) as Value)
      if (spec.writable) writes[spec.attribute] = (wire, from) => this.write(name, spec, wire, from)
    }
    return { attributes, writes } as unknown as Side<C>
  }

  private write(name: string, spec: SettingSpec, wire: unknown, from?: Peer): number {
    if (from && this.options.mayWrite?.(from.device) === false) return Status.NOT_AUTHORIZED
    const value = fromWire(spec, wire)
    if (value !== undefined && this.put(name, value)) return Status.SUCCESS
    this.options.onRefused(name)
    return Status.INVALID_VALUE
  }

  private put(name: string, value: Value): boolean {
    const spec = this.options.specs[name]
    if (!spec || !fits(spec, value)) return false
    for (const act of this.before) act()
    this.values.set(name, value)
    for (const act of this.watchers) act(name)
    return true
  }
}

/** Whether a value is of a form. */
export function fits({ form }: Pick<SettingSpec, 'form'>, value: unknown): boolean {
  switch (form.is) {
    case 'number':
      return typeof value === 'number' && Number.isInteger(value) && value >= form.least && value <= form.most
    case 'text':
      return typeof value === 'string' && Buffer.byteLength(value) <= form.most
    case 'octets':
      return typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value) && value.length <= 2 * form.most
    case 'switch':
      return typeof value === 'boolean'
    case 'time':
      return typeof value === 'number' && (value === 0 || isSayable(value))
    case 'device':
      return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)
    case 'name':
      return typeof value === 'string' && form.of.includes(value)
    default:
      return form satisfies never
  }
}

function toWire({ form }: SettingSpec, value: Value): unknown {
  if (form.is === 'octets') return fromHex(`${value}`)
  if (form.is === 'text') return new TextEncoder().encode(`${value}`)
  if (form.is === 'time') return value === 0 ? 0 : utcOf(Number(value))
  if (form.is === 'name') return form.of.indexOf(`${value}`)
  return value
}

function fromWire({ form }: SettingSpec, wire: unknown): Value | undefined {
  if (form.is === 'octets') return wire instanceof Uint8Array ? toHex(wire) : undefined
  if (form.is === 'text') return wire instanceof Uint8Array ? textOf(wire) : undefined
  if (form.is === 'time') return typeof wire === 'number' ? (wire === 0 ? 0 : unixMsOf(wire)) : undefined
  if (form.is === 'name') return typeof wire === 'number' ? form.of[wire] : undefined
  return typeof wire === 'number' || typeof wire === 'string' || typeof wire === 'boolean' ? wire : undefined
}

/** Undefined for octets that are no text. */
function textOf(octets: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(octets)
  return toHex(new TextEncoder().encode(text)) === toHex(octets) ? text : undefined
}
