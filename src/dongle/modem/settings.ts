/** What a terminal sets: each a whole number with its bounds, kept until the modem restarts or is told otherwise. */

/** Least, most, and what a modem starts with. @source ITU-T V.250, 6.2; 3GPP TS 27.007; TS 27.005; what is left to the maker: assumed */
const BOUNDS = {
  /** Echo. */
  E: [0, 1, 1],
  /** Result codes are left out. */
  Q: [0, 1, 0],
  /** Result codes in words. */
  V: [0, 1, 1],
  X: [0, 4, 4],
  L: [0, 3, 1],
  M: [0, 3, 1],
  '&C': [0, 1, 1],
  '&D': [0, 2, 2],
  '&K': [0, 6, 0],
  '&S': [0, 1, 0],
  S0: [0, 255, 0],
  /** Characters that end a line, go before and after an answer, take one character back. */
  S3: [0, 127, 13],
  S4: [0, 127, 10],
  S5: [0, 127, 8],
  S7: [1, 255, 60],
  '+CMEE': [0, 2, 0],
  '+CREG': [0, 2, 0],
  '+CGREG': [0, 2, 0],
  '+CEREG': [0, 2, 0],
  /** Packet domain events: kept to itself, or told. */
  '+CGEREP': [0, 1, 0],
  /** Short messages as PDU, or as text. */
  '+CMGF': [0, 1, 0],
  '+CSDH': [0, 1, 0],
  /** Whether and how an arriving message is told: not, as +CMTI, as +CMT. */
  '+CNMI': [0, 2, 0],
  /** How +COPS names an operator: long, short, by number. */
  '+COPS': [0, 2, 0],
} as const

export type SettingName = keyof typeof BOUNDS
export const SETTING_NAMES = Object.keys(BOUNDS) as SettingName[]

export class Settings {
  private readonly values = new Map<SettingName, number>()

  constructor(from?: Settings) {
    for (const name of SETTING_NAMES) this.values.set(name, from?.get(name) ?? BOUNDS[name][2])
  }

  get(name: SettingName): number {
    return this.values.get(name) ?? BOUNDS[name][2]
  }
  /** False when the value is not within its bounds. */
  set(name: SettingName, value: number | undefined): boolean {
    const [least, most] = BOUNDS[name]
    if (value === undefined || value < least || value > most) return false
    this.values.set(name, value)
    return true
  }
  /** Takes over all of another's. */
  assign(from: Settings): void {
    for (const name of SETTING_NAMES) this.values.set(name, from.get(name))
  }
}

/** `(0-2)`, as a test command lists them. */
export const listOf = (name: SettingName): string => `(${BOUNDS[name][0]}-${BOUNDS[name][1]})`

export const isSetting = (name: string): name is SettingName => Object.hasOwn(BOUNDS, name)
