/** What flows through a meter, minute by minute of true time: a function of the minute alone, whoever asks and when. */

/** Rates of a minute, whole units an hour (W, var; of gas dm3/h in `delivered`, all else 0). */
export interface Rates {
  /** To the home. */
  delivered: number
  /** From the home. */
  received: number
  /** Inductive. */
  reactiveDelivered: number
  /** Capacitive. */
  reactiveReceived: number
}

/** A minute of an electricity meter's life: power factor, voltage and current agree with the rates. */
export interface Sample extends Rates {
  /** RMS, tenths of a volt; 0 for gas. */
  deciVolts: number
  /** RMS, mA; 0 for gas. */
  milliAmps: number
}

/** `minute`: minutes since 1970. */
export interface Flow {
  at(minute: number): Sample
  /** What is usual at such a time, as far as the shape of the day and the season tell. */
  usual(minute: number): Rates
}

/** The channels of a meter, in the order in which it counts them. @source ZigBee SE 1.2, IntervalChannel 0 and 1; 2 and 3: assumed */
export const CHANNELS = ['delivered', 'received', 'reactiveDelivered', 'reactiveReceived'] as const
export type Channel = (typeof CHANNELS)[number]

/** What a home without supply draws: nothing, from a supply without voltage behind the switch. */
export const NO_RATES: Rates = { delivered: 0, received: 0, reactiveDelivered: 0, reactiveReceived: 0 }
