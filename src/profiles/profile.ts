/** A firmware-profile as the other rooms see it: plain facts, frozen. */
import type { z } from 'zod'
import type { chfFacts, displayFacts, esmeFacts, gsmeFacts } from './facts.ts'
import type { UsedFile } from './files.ts'
import type { Frozen } from './freeze.ts'

/** What every profile carries beside its facts. */
export interface ProfileOrigin {
  /** `<maker>/<model>/<version>` */
  readonly id: string
  /** Where each fact comes from, by JSON pointer, e.g. `/metering/divisor`. */
  readonly provenance: Readonly<Record<string, string>>
  /** The files it was read from: its own, those it extends, the consumption shapes. */
  readonly files: readonly UsedFile[]
}

/** A consumption shape, made ready. */
export interface ShapeWeights {
  /** Share of a day's consumption in each half hour from 00:00 UTC: 48 numbers that sum to 1. */
  readonly shapeWeights: readonly number[]
  /** Consumption of a day in each month to that of the mean day: 12 numbers, January first. */
  readonly shapeMonths: readonly number[]
}

type Facts<S extends z.ZodType> = Frozen<z.infer<S>>

/** A whole hub: CHF and GPF. */
export type ChfProfile = ProfileOrigin & { readonly device: 'CHF' } & Facts<typeof chfFacts>
export type EsmeProfile = ProfileOrigin & { readonly device: 'ESME' } & Facts<typeof esmeFacts> & {
    readonly load: ShapeWeights
    readonly generation: ShapeWeights
  }
export type GsmeProfile = ProfileOrigin & { readonly device: 'GSME' } & Facts<typeof gsmeFacts> & {
    readonly flow: ShapeWeights
  }
type DisplayProfile<D extends string> = ProfileOrigin & { readonly device: D } & Facts<typeof displayFacts>
export type PpmidProfile = DisplayProfile<'PPMID'>
export type IhdProfile = DisplayProfile<'IHD'>
export type CadProfile = DisplayProfile<'CAD'>

export type Profile = ChfProfile | EsmeProfile | GsmeProfile | PpmidProfile | IhdProfile | CadProfile
