/** 3.1: a text for the consumer, on the meter at once, and on displays when they next ask. */
import { CONFIRM, MESSAGE_OCTETS, UNTIL_CHANGED } from '../../notices.ts'
import type { Call } from './service.ts'
import { carryOutSteps } from './steps/carry-out.ts'
import { stepsFor } from './steps/steps-for.ts'

export function displayMessage(call: Call<'displayMessage'>): void {
  const { hub, parameters, succeed, fail } = call
  const { text, forMin, confirm } = parameters
  const octets = Buffer.byteLength(text)
  if (octets < 1 || octets > MESSAGE_OCTETS) {
    return fail('S1RIG_PARAMETER', `text: 1 to ${MESSAGE_OCTETS} octets expected, found ${octets}`)
  }
  if (forMin !== undefined && (forMin < 1 || forMin >= UNTIL_CHANGED)) {
    return fail('S1RIG_PARAMETER', `for_min: 1 to ${UNTIL_CHANGED - 1} expected, found ${forMin}`)
  }
  const messageId = hub.notices.nextMessageId()
  const message = {
    ...{ text, messageId, messageControl: confirm ? CONFIRM : 0 },
    durationInMinutes: forMin ?? UNTIL_CHANGED,
  }
  carryOutSteps({ ...call, parameters: message }, stepsFor(call), () => {
    hub.notices.setMessage({ id: messageId, text, confirm, ...(forMin !== undefined && { forMin }) })
    succeed({ messageId })
  })
}
