/**
 * The coordinator sticks that zigbee-herdsman drives, and what is known of each before it is opened.
 * An RCP stick (`zoh` there) is not among them: our own stack drives that, Smart Energy and all (`host/spinel`).
 */

export const HERDSMAN_DRIVERS = ['ember', 'zstack', 'deconz', 'zigate', 'zboss'] as const
export type HerdsmanDriver = (typeof HERDSMAN_DRIVERS)[number]

const HOME_AUTOMATION = 0x0104
const SMART_ENERGY = 0x0109

/** What a stick under this host can and cannot do. */
export interface StickTraits {
  /**
   * Application profiles that come through in both directions, and the stick's own endpoint for each. One of ours stands
   * behind each: what is for the stick's endpoint goes to the first endpoint here of that profile.
   */
  readonly endpoints: ReadonlyMap<number, number>
  /** Tells what became of a frame; otherwise one that was handed over counts as delivered. */
  readonly tellsDelivery: boolean
  /** Takes an extended PAN ID as it is read, and turns its octets round for the stick itself. */
  readonly turnsExtendedPanId?: true
}

/**
 * No stick under this host protects data with link keys, says when a child polls, or shows endpoints of ours to those who
 * look for them.
 * @source zigbee-herdsman 10.9.5, measured for ember and zstack; assumed for the others, which no test has seen
 */
export const STICK_TRAITS: Readonly<Record<HerdsmanDriver, StickTraits>> = {
  // What comes in of other profiles is dropped by the host.
  ember: { endpoints: new Map([[HOME_AUTOMATION, 1]]), tellsDelivery: true },
  zstack: {
    endpoints: new Map([
      [HOME_AUTOMATION, 1],
      [SMART_ENERGY, 6],
    ]),
    tellsDelivery: true,
    turnsExtendedPanId: true,
  },
  deconz: { endpoints: new Map([[HOME_AUTOMATION, 1]]), tellsDelivery: false },
  zigate: { endpoints: new Map([[HOME_AUTOMATION, 1]]), tellsDelivery: false },
  zboss: { endpoints: new Map([[HOME_AUTOMATION, 1]]), tellsDelivery: false },
}
