/**
 * What requests about a device itself usually become on the HAN: its clock, its identity, what it does with its events.
 * @source ZigBee Cluster Library: Basic, Time; ZigBee Smart Energy 1.2a: Device Management
 */
import type { Step } from '../../../../profiles/step-facts.ts'

const readTime = (as: string): Step => ({ read: 'Time', attributes: { Time: as } })
/** All in one answer, whichever is asked for. */
const identity = (names: readonly [string, string, string, string]): Step => ({
  ...{ read: 'Basic', optional: true },
  attributes: { ManufacturerName: names[0], ModelIdentifier: names[1], HardwareVersion: names[2], SwBuildId: names[3] },
})
/** A list of events. @source ZigBee Smart Energy 1.2a, Set Event Configuration: configuration control */
const APPLY_BY_LIST = 0x00
const READ_EVENTS: Step = {
  send: 'DeviceManagement.GetEventConfiguration',
  each: '$codes',
  with: { eventId: '$eventId' },
  answer: {
    'eventConfigurationPayload.eventId': 'behaviours.eventId',
    'eventConfigurationPayload.eventConfiguration': 'behaviours.configuration',
  },
}

export const USUAL_MANAGEMENT: Readonly<Record<string, readonly Step[]>> = {
  '6.2.4': [identity(['manufacturer', 'model', 'hardwareVersion', '_version'])],
  '6.2.10': [READ_EVENTS],
  '6.11': [
    readTime('deviceClockBeforeMs'),
    { write: 'Time', attributes: { Time: '$setToMs' }, when: '$setToMs' },
    { ...readTime('deviceClockAfterMs'), when: '$setToMs' },
  ],
  '6.22': [
    {
      send: 'DeviceManagement.SetEventConfiguration',
      each: '$groups',
      with: {
        ...{ issuerEventId: '$now', startDateTime: 0, eventConfiguration: '$configuration' },
        ...{ configurationControl: APPLY_BY_LIST, eventConfigurationPayload: '$events' },
      },
      answer: {},
    },
    READ_EVENTS,
  ],
  '8.1.1': [{ write: 'Time', attributes: { Time: '$now' } }, readTime('deviceClockMs')],
  '11.2': [identity(['_manufacturer', '_model', '_hardwareVersion', 'version'])],
}
