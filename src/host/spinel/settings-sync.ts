/**
 * Brings a co-processor to the settings wanted: what differs from what it was told last is told, at most once at a time.
 * After a restart it has been told nothing, so all is told again.
 */

import { u16 } from '../../base/frame-fields.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { RadioSettings } from '../../ports/radio.ts'
import { eui64 } from '../../wire/spinel/fields.ts'
import { COMMAND, PROMISCUOUS, STATUS } from '../../wire/spinel/frame.ts'
import { PROPERTY, type PropertyName, type PropertyValue, write, writeProperty } from '../../wire/spinel/properties.ts'
import type { Answer, Question } from './transactions.ts'

type Wanted = { [N in PropertyName]?: PropertyValue<N> }
type Child = number | Eui64

/** In the order of telling: on first, hearing last. */
const wanted = (settings: RadioSettings, sourceMatch: boolean): Wanted => ({
  PHY_ENABLED: true,
  PHY_CHAN: settings.channel,
  MAC_15_4_LADDR: settings.extendedAddress,
  MAC_15_4_SADDR: settings.shortAddress,
  MAC_15_4_PANID: settings.panId,
  MAC_SRC_MATCH_ENABLED: sourceMatch,
  MAC_PROMISCUOUS_MODE: settings.promiscuous ? PROMISCUOUS.full : PROMISCUOUS.off,
  MAC_RX_ON_WHEN_IDLE_MODE: settings.rxOnWhenIdle,
  MAC_RAW_STREAM_ENABLED: true,
})

export interface Telling {
  readonly question: Question
  /** What the answer means for what has been told. False when it was refused. */
  answered(answer: Answer): boolean
}

export class SettingsSync {
  /** Children whose polls are to be answered with frame pending. */
  readonly pending = new Set<Child>()
  /** What the co-processor would not take, by property. */
  readonly refused = new Set<PropertyName>()
  private readonly told = new Map<PropertyName, unknown>()
  private readonly listed = new Set<Child>()
  /** Children that differ, perhaps, between wanted and listed. */
  private readonly changed = new Set<Child>()
  /** Children that its table has no room for. */
  private readonly unlisted = new Set<Child>()

  /** Told nothing: it has restarted. */
  restart(): void {
    this.told.clear()
    this.refused.clear()
    this.listed.clear()
    this.unlisted.clear()
    this.changed.clear()
    for (const child of this.pending) this.changed.add(child)
  }

  setPending(child: Child, pending: boolean): void {
    if (pending) this.pending.add(child)
    else this.pending.delete(child)
    this.changed.add(child)
  }

  /** The next thing to tell; undefined when it has been told all. */
  next(settings: RadioSettings): Telling | undefined {
    return this.nextSetting(settings) ?? this.nextChild()
  }

  /** While a child is not in the table, every poll is answered with frame pending. @source OpenThread, SourceMatchController */
  private nextSetting(settings: RadioSettings): Telling | undefined {
    const sourceMatch = settings.sourceMatch && this.unlisted.size === 0
    for (const [name, value] of Object.entries(wanted(settings, sourceMatch)) as [PropertyName, never][]) {
      if (this.told.has(name) && this.told.get(name) === value) continue
      this.told.set(name, value)
      const question = {
        command: COMMAND.PROP_VALUE_SET,
        property: PROPERTY[name].key,
        value: writeProperty(name, value),
      }
      return { question, answered: answer => this.settingAnswered(name, value, answer) }
    }
    return undefined
  }
  private settingAnswered(name: PropertyName, value: unknown, answer: Answer): boolean {
    this.refused.delete(name)
    if (answer.is === 'lost' && this.told.get(name) === value) this.told.delete(name)
    if (answer.is !== 'status' || answer.told.status === STATUS.OK) return true
    this.refused.add(name)
    return false
  }

  private nextChild(): Telling | undefined {
    for (const child of this.changed) {
      this.changed.delete(child)
      const insert = this.pending.has(child)
      if (!insert && this.unlisted.delete(child)) continue
      if (insert === this.listed.has(child)) continue
      if (insert) this.listed.add(child)
      else this.listed.delete(child)
      const command = insert ? COMMAND.PROP_VALUE_INSERT : COMMAND.PROP_VALUE_REMOVE
      return {
        question: { command, ...entryOf(child) },
        answered: answer => this.childAnswered(child, insert, answer),
      }
    }
    return undefined
  }
  private childAnswered(child: Child, inserted: boolean, answer: Answer): boolean {
    const status = answer.is === 'status' ? answer.told.status : STATUS.OK
    if (answer.is === 'lost') {
      // It may have been done or not: done again, it is done.
      if (inserted) this.listed.delete(child)
      else this.listed.add(child)
      this.changed.add(child)
      return true
    }
    if (inserted && status !== STATUS.OK && status !== STATUS.ALREADY) {
      this.listed.delete(child)
      if (this.pending.has(child)) this.unlisted.add(child)
      return false
    }
    if (inserted) this.unlisted.delete(child)
    // Room for one that had none.
    else this.retryUnlisted()
    return true
  }
  private retryUnlisted(): void {
    const [child] = this.unlisted
    if (child !== undefined) this.changed.add(child)
  }
}

const entryOf = (child: Child) =>
  typeof child === 'number'
    ? { property: PROPERTY.MAC_SRC_MATCH_SHORT_ADDRESSES.key, value: write(u16, child) }
    : { property: PROPERTY.MAC_SRC_MATCH_EXTENDED_ADDRESSES.key, value: write(eui64, child) }
