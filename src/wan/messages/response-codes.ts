/** Outcomes a hub answers with. */

/**
 * What each response code means.
 * @source DCC User Interface Specification, response codes (I0 to E21); those beginning with `S1RIG_` are ours
 */
export const RESPONSE_CODES = {
  I0: 'success',
  I99: 'acknowledged; the outcome follows in a later response',
  E4: "the originator's role may not ask this of the device now",
  E5: 'device status does not allow the request',
  E11: 'request not valid for this type of device',
  E19: 'the device does not exist here',
  E20: 'unable to communicate with the device',
  E21: 'no response from the device',
  S1RIG_REFUSED: 'understood and not carried out; detail says why',
  S1RIG_PARAMETER: 'a parameter is outside its range; detail names it',
  S1RIG_REPLAY: 'counter not greater than the last one accepted',
  S1RIG_LOG_FULL: 'the device log holds as many entries as it can',
  S1RIG_KEY: 'the wrapped key does not unwrap',
  S1RIG_AUTHENTICATION: "a critical request without the DCO's authentication, or with a wrong one",
} as const

export type ResponseCode = keyof typeof RESPONSE_CODES
