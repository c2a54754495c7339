/** The nodes of a home's HAN as people call them: in faults, and in the links of a rig. */

/** `hub` is the CHF with its GPF, which share a radio. */
export const PARTS = ['hub', 'esme', 'gsme', 'ppmid', 'ihd', 'cad'] as const
/** One of them. */
export type Part = (typeof PARTS)[number]
