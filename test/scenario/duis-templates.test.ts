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
  const counter = door.nextCounter()
  const xml = adapted(template, {
    target: door.id(targetOf(template)),
    counter,
    commandVariant,
    other: door.id('PPMID'),
  })
  const { status, text } = await door.post(xml)
  return { status, text, ...readAnswer(text) }
}

/** Asks for something that SMETS1 devices do not have, or that ours do not. */
const BEYOND: readonly (readonly [file: RegExp, detail: string])[] = [
  [/^CCS07_8\.9_/, 'nothing more in ReadDeviceLog expected, found ReadSecurityDetails'],
  [/^ECS15c_3\.3_/, 'ESME expected, found ALCS'],
  [/^ECS29[bd]_6\.5_/, 'SinglePhaseVoltageSettings expected'],
  [/^ECS35e_6\.13_/, 'Event, Security expected, found PowerEvent'],
  [/^ECS35[fg]_6\.13_/, 'Event, Security expected, found ALCSEvent'],
  [/^ECS39a_6\.20\.1_TWIN_/, 'nothing more in ImportMPANs expected, found SecondaryImportMPAN'],
  [/^CS02bNOByNOHandover_6\.21_/, 'Supplier expected, found NetworkOperator'],
  [/^CS02gLoadController|^CS02fMAC_6\.24\.1_/, 'Supplier, NetworkOperator expected, found LoadController'],
  [/^ECS25a2_6\.22_/, 'found ElectricitySupplierAlarmSettings'],
  [/^ECS42_7\.1$/, 'EnableSupply in a 7.1 expected, found SignedPreCommand'],
]
/** Not I0 with a result, for a reason of its own. */
const OTHERWISE: readonly (readonly [file: RegExp, code: ResponseCode, why: string])[] = [
  [/_FUTURE_DATED_/, 'I99', ''],
  [/_CANCELLATION_/, 'I0', 'nothing was held'],
  // Prices of blocks, for a tariff by time of use.
  [/^(ECS01b|GCS01b)_1\.2\.1_.*BLOCK/, 'S1RIG_PARAMETER', "as the meter's tariff has them"],
  [/_11\.3_/, 'S1RIG_REFUSED', 'no such image is there'],
  // Unjoined by the one before.
  [/^CS04B_8\.8\.2_/, 'S1RIG_REFUSED', ''],
  [/^CS01[ab]_2\.2_/, 'S1RIG_REFUSED', 'the meter takes no top-ups now'],
  [/^ECS25(a|b3|b)_6\.22_/, 'S1RIG_PARAMETER', 'codes of the table expected'],
  [/^ECS29[ac]_6\.5_/, 'S1RIG_PARAMETER', 'sag_dv: at most average_under_voltage_dv'],
]
/** These carry a time of their own to the device, and are answered at once. */
const HELD_BY_DEVICE =
  /_(1\.1\.1|1\.6|2\.1|6\.4\.1)_FUTURE_DATED_|_(1\.1\.1|1\.2\.1|1\.6|2\.1|6\.4\.1|11\.3)_CANCELLATION_/

/** Of a gas meter, what its mirror in the hub has. */
const MIRRORED = ['4.1.1', '4.1.2', '4.1.4', '4.6.1', '4.8.1', '4.17', '6.2.4', '11.2']
function isAskedOverHan(template: Template): boolean {
  const target = targetOf(template)
  return target === 'ESME' || (target === 'GSME' && !MIRRORED.includes(template.variant))
}

const beyond = ({ file }: Template) => BEYOND.find(([pattern]) => pattern.test(file))?.[1]
const otherwise = ({ file }: Template) =>
  HELD_BY_DEVICE.test(file) ? undefined : OTHERWISE.findLast(([pattern]) => pattern.test(file))

describe('a template that the door takes', () => {
  const taken = all.filter(isTaken)
  it.each(taken.filter(one => !beyond(one)))('$file is carried out and answered', async template => {
    const target = targetOf(template)
    const before = door.messagesTo(target)
    const { status, code, text, result, debug } = await send(template, 1)
    const [, expected, why] = otherwise(template) ?? ([/./, 'I0', ''] as const)
    if (expected === 'I0' && why === '' && isAskedOverHan(template)) {
      expect(door.messagesTo(target), 'messages to the device over the HAN').toBeGreaterThan(before)
    }
    // What is refused with a code of ours has none of the DUIS: the device was reached, and said no.
    const isOurs = expected.startsWith('S1RIG_')
    expect([status, code], text).toEqual([200, isOurs ? 'I0' : expected])
    expect(result !== undefined, text).toBe(expected === 'I0' && why === '')
    expect(debug.join()).toContain(why)
    if (isOurs) expect(debug.join()).toContain(expected)
    if (expected !== 'I99' && !template.file.includes('_CANCELLATION_'))
      covered(template.variant, targetOf(template), expected)
  })
  it.each(taken.filter(beyond))('$file asks for more than there is', async template => {
    const { status, text } = await send(template, 1)
    expect(status).toBe(400)
    expect(JSON.parse(text).detail).toContain(beyond(template))
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
  it('there are no others: whatever SMETS1 devices take, the door does', () => {
    const rest = all.filter(one => !isTaken(one) && !isOther(one) && !isOfTheDcc(one))
    expect(rest.map(({ file }) => file)).toEqual([])
  })
})
