/** Every service request that the DCC's own tool makes, at the door of a rig. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isMapped } from '../../src/duis/equivalent-steps.ts'
import type { ResponseCode } from '../../src/wan/messages/response-codes.ts'
import { type DeviceType, NOT_SMETS1, SERVICE_CATALOGUE } from '../../src/wan/service-catalogue.ts'
import { adapted, openDoor, readAnswer, type Template, templates } from '../helpers/duis-door.ts'
import { covered } from '../helpers/service-coverage.ts'

let door: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  door = await openDoor()
})
afterAll(() => door.close())

const all = templates()
const isTaken = ({ variant }: Template) => isMapped(variant)
const isOther = ({ variant }: Template) => NOT_SMETS1.has(variant)
const isOfTheDcc = ({ variant }: Template) => SERVICE_CATALOGUE.get(variant)?.modes.includes('ND') ?? false

/** Which device a template is for: its file says the use case. */
function targetOf({ file, variant }: Template): DeviceType {
  const devices = SERVICE_CATALOGUE.get(variant)?.devices ?? []
  const wanted = file.startsWith('ECS')
    ? 'ESME'
    : file.includes('GPF')
      ? 'GPF'
      : file.startsWith('GCS')
        ? 'GSME'
        : devices[0]
  return devices.find(device => device === wanted) ?? devices[0] ?? 'ESME'
}

const send = async (template: Template, commandVariant: number) => {
  const xml = adapted(template, door.id(targetOf(template)), door.nextCounter(), commandVariant)
  const { status, text } = await door.post(xml)
  return { status, text, ...readAnswer(text) }
}

/** Asks for something that SMETS1 devices do not have, or that ours do not. */
const BEYOND: readonly (readonly [file: RegExp, detail: string])[] = [
  [/^CCS07_8\.9_/, 'nothing more in ReadDeviceLog expected, found ReadSecurityDetails'],
  [/^ECS35e_6\.13_/, 'Event, Security expected, found PowerEvent'],
  [/^ECS35[fg]_6\.13_/, 'Event, Security expected, found ALCSEvent'],
  [/_(1\.6|11\.3)_CANCELLATION_/, 'what a device holds is not cancelled here'],
  [/^ECS08a?_2\.1_/, 'found ElectricityNonDisablementCalendar'],
  [/^GCS05_2\.1_/, 'found GasNonDisablementCalendar'],
]
/** Not I0, for a reason of its own. */
const OTHERWISE: readonly (readonly [file: RegExp, code: ResponseCode])[] = [
  [/_11\.3_/, 'S1RIG_REFUSED'],
  [/^CS10b_6\.13_/, 'S1RIG_PARAMETER'],
  [/^ECS35[abcd]_6\.13_/, 'E11'],
  // The meter is in credit mode.
  [/^CS01[ab]_2\.2_/, 'S1RIG_REFUSED'],
]
const matching = <T>(table: readonly (readonly [RegExp, T])[], { file }: Template): T | undefined =>
  table.find(([pattern]) => pattern.test(file))?.[1]

describe('a template that the door takes', () => {
  const taken = all.filter(isTaken)
  it.each(taken.filter(one => !matching(BEYOND, one)))('$file is carried out and answered', async template => {
    const { status, code, text, result, debug } = await send(template, 1)
    const expected = matching(OTHERWISE, template) ?? 'I0'
    // What is refused with a code of ours has none of the DUIS: the device was reached, and said no.
    const isOurs = expected.startsWith('S1RIG_')
    expect([status, code], text).toEqual([200, isOurs ? 'I0' : expected])
    expect(result !== undefined).toBe(expected === 'I0')
    if (isOurs) expect(debug).toEqual([expect.stringContaining(expected)])
    covered(template.variant, targetOf(template), expected)
  })
  it.each(taken.filter(one => matching(BEYOND, one)))('$file has an element too many', async template => {
    const { status, text } = await send(template, 1)
    expect(status).toBe(400)
    expect(JSON.parse(text).detail).toContain(matching(BEYOND, template))
  })
})

describe('a template that it does not take', () => {
  it.each(all.filter(isOther))('$file is E11: not for SMETS1', async template => {
    const { status, code, debug } = await send(template, 1)
    expect([status, code, debug]).toEqual([200, 'E11', [expect.stringContaining('is not for SMETS1 devices')]])
    covered(template.variant, 'ESME', 'E11')
  })
  it.each(all.filter(one => isOfTheDcc(one) && one.variant !== '8.2'))(
    '$file is E11: the DCC answers it',
    async template => {
      const { code, debug } = await send(template, 8)
      expect([code, debug]).toEqual(['E11', [expect.stringContaining("the DCC's own")]])
    },
  )
  const rest = all.filter(one => !isTaken(one) && !isOther(one) && !isOfTheDcc(one))
  it.runIf(rest.length > 0)('those not built are E11, and say so', async () => {
    for (const template of rest) {
      const { code, debug } = await send(template, 1)
      expect([template.file, code, debug]).toEqual([
        template.file,
        'E11',
        [expect.stringMatching(/not (carried out|taken)/)],
      ])
    }
  })
})
