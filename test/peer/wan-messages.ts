/** One message of every kind: as protoc's text format, written by hand, and as ours. */
import type { Message } from '../../src/wan/messages/codec.ts'
import type { Alert, Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { CONFIGURATION_MESSAGES, textOf } from './wan-configuration-messages.ts'
import { METERING_MESSAGES } from './wan-metering-messages.ts'

export interface Sample {
  name: string
  /** Text format in field order, without the authentication code. @source protobuf text format specification */
  text: string
  message: Message
}

const HUB = '00db1234567890a1'
const METER = '00db1234567890a2'

const request = (name: string, text: string, body: Request): Sample => ({
  name: `request ${name}`,
  text: `id: "r-1"
originator: "smso"
target_device: "${HUB}"
counter: 7
sent_at_ms: 1700000000000
request {
${indent(text)}
}
`,
  message: { ...envelope('smso', ''), request: body },
})

const response = (name: string, text: string, body: Response): Sample => ({
  name: `response ${name}`,
  text: `id: "r-1"
correlation_id: "q-1"
originator: "${HUB}"
target_device: "${HUB}"
counter: 7
sent_at_ms: 1700000000000
response {
${indent(text)}
}
`,
  message: { ...envelope(HUB, 'q-1'), response: body },
})

const alert = (text: string, body: Alert): Sample => ({
  name: 'alert',
  text: `id: "r-1"
originator: "${HUB}"
target_device: "${HUB}"
counter: 7
sent_at_ms: 1700000000000
alert {
${indent(text)}
}
`,
  message: { ...envelope(HUB, ''), alert: body },
})

const envelope = (originator: string, correlationId: string): Message => ({
  id: 'r-1',
  correlationId,
  originator,
  targetDevice: HUB,
  counter: 7,
  sentAtMs: 1_700_000_000_000,
})

const indent = (text: string) => text.replace(/^/gm, '  ')
const ok = (serviceReferenceVariant: string) => ({ serviceReferenceVariant, code: 'I0', detail: '' })
const srv = (serviceReferenceVariant: string) => ({ serviceReferenceVariant })
const asked = (variant: string, rest: string) => `service_reference_variant: "${variant}"\n${rest}`
const answered = (variant: string, rest: string) => `service_reference_variant: "${variant}"\ncode: "I0"\n${rest}`

const CODE = Uint8Array.of(0x00, 0x22, 0x5c, 0x7f, 0x80, 0xff, 0x41, 0x0a)
const CODE_TEXT = '\\000\\"\\\\\\177\\200\\377A\\n'
const WRAPPED = new Uint8Array(40).fill(0x42)

export const SAMPLES: readonly Sample[] = [
  request('6.2.4', asked('6.2.4', 'read_identity {\n}'), { ...srv('6.2.4'), readIdentity: {} }),
  request('11.2', asked('11.2', 'read_firmware_version {\n}'), { ...srv('11.2'), readFirmwareVersion: {} }),
  request('8.9', asked('8.9', 'read_device_log {\n}'), { ...srv('8.9'), readDeviceLog: {} }),
  request(
    '8.11 add',
    asked(
      '8.11',
      `update_device_log {\n  add {\n    device_id: "${METER}"\n    install_code: "${CODE_TEXT}"\n    join_window_s: 3600\n  }\n}`,
    ),
    {
      ...srv('8.11'),
      updateDeviceLog: { add: { deviceId: METER, installCode: CODE, joinWindowS: 3_600 } },
    },
  ),
  request('8.11 remove', asked('8.11', `update_device_log {\n  remove {\n    device_id: "${METER}"\n  }\n}`), {
    ...srv('8.11'),
    updateDeviceLog: { remove: { deviceId: METER } },
  }),
  request('6.11 read', asked('6.11', 'synchronise_clock {\n}'), { ...srv('6.11'), synchroniseClock: {} }),
  request('6.11 set', asked('6.11', 'synchronise_clock {\n  set_to_ms: 0\n}'), {
    ...srv('6.11'),
    synchroniseClock: { setToMs: 0 },
  }),
  request('8.1.1', asked('8.1.1', 'commission_device {\n}'), { ...srv('8.1.1'), commissionDevice: {} }),
  request('4.1.1', asked('4.1.1', 'read_import_registers {\n}'), { ...srv('4.1.1'), readImportRegisters: {} }),
  request(
    '4.8.1',
    asked('4.8.1', 'read_import_profile {\n  from_ms: 1700000000000\n  to_ms: 1700086400000\n  max_entries: 48\n}'),
    {
      ...srv('4.8.1'),
      readImportProfile: { fromMs: 1_700_000_000_000, toMs: 1_700_086_400_000, maxEntries: 48 },
    },
  ),
  request('6.13', asked('6.13', 'read_log {\n  log: SECURITY\n  max_entries: 100\n}'), {
    ...srv('6.13'),
    readLog: { log: 'SECURITY', maxEntries: 100 },
  }),
  request('S1RIG.SET_APN', asked('S1RIG.SET_APN', 'set_apn {\n  apn: "elster"\n}'), {
    ...srv('S1RIG.SET_APN'),
    setApn: { apn: 'elster' },
  }),
  request(
    'S1RIG.ROTATE_CREDENTIALS',
    asked(
      'S1RIG.ROTATE_CREDENTIALS',
      `rotate_credentials {\n  originator: "s1sp"\n  wrapped_key: "${'B'.repeat(40)}"\n}`,
    ),
    { ...srv('S1RIG.ROTATE_CREDENTIALS'), rotateCredentials: { originator: 's1sp', wrappedKey: WRAPPED } },
  ),
  request(
    'S1RIG.ROTATE_CREDENTIALS remove',
    asked('S1RIG.ROTATE_CREDENTIALS', 'rotate_credentials {\n  originator: "smso"\n  remove {\n  }\n}'),
    { ...srv('S1RIG.ROTATE_CREDENTIALS'), rotateCredentials: { originator: 'smso', remove: {} } },
  ),
  response(
    '6.2.4',
    answered(
      '6.2.4',
      `read_identity {\n  manufacturer: "Elster"\n  model: "AS302P"\n  device_id: "${HUB}"\n  hardware_version: "1.2"\n}`,
    ),
    {
      ...ok('6.2.4'),
      readIdentity: { manufacturer: 'Elster', model: 'AS302P', deviceId: HUB, hardwareVersion: '1.2' },
    },
  ),
  response('11.2', answered('11.2', 'read_firmware_version {\n  version: "0x00010203"\n}'), {
    ...ok('11.2'),
    readFirmwareVersion: { version: '0x00010203' },
  }),
  response(
    '8.9',
    answered(
      '8.9',
      `read_device_log {\n  entries {\n    device_id: "${METER}"\n    last_communication_ms: 1699999999999\n    joined: true\n  }\n  entries {\n    device_id: "${HUB}"\n  }\n}`,
    ),
    {
      ...ok('8.9'),
      readDeviceLog: {
        entries: [
          { deviceId: METER, lastCommunicationMs: 1_699_999_999_999, joined: true },
          { deviceId: HUB, joined: false },
        ],
      },
    },
  ),
  response('8.11', answered('8.11', `update_device_log {\n  entries {\n    device_id: "${METER}"\n  }\n}`), {
    ...ok('8.11'),
    updateDeviceLog: { entries: [{ deviceId: METER, joined: false }] },
  }),
  response(
    '6.11',
    answered(
      '6.11',
      'synchronise_clock {\n  device_clock_before_ms: 1700000000000\n  device_clock_after_ms: 1700000000500\n  adjusted: true\n}',
    ),
    {
      ...ok('6.11'),
      synchroniseClock: {
        deviceClockBeforeMs: 1_700_000_000_000,
        deviceClockAfterMs: 1_700_000_000_500,
        adjusted: true,
      },
    },
  ),
  response(
    '8.1.1',
    answered('8.1.1', 'commission_device {\n  device_clock_ms: 1700000000000\n  commissioned: true\n}'),
    {
      ...ok('8.1.1'),
      commissionDevice: { deviceClockMs: 1_700_000_000_000, commissioned: true },
    },
  ),
  response(
    '4.1.1',
    answered(
      '4.1.1',
      'read_import_registers {\n  active_import: 9007199254740991\n  tariff_registers {\n    register: 1\n    value: 12345\n  }\n  tariff_registers {\n    register: 2\n  }\n  unit: DM3\n  read_at_ms: 1700000000000\n  data_age_s: 1800\n  source: MIRROR\n}',
    ),
    {
      ...ok('4.1.1'),
      readImportRegisters: {
        activeImport: 9_007_199_254_740_991,
        tariffRegisters: [
          { register: 1, value: 12_345 },
          { register: 2, value: 0 },
        ],
        unit: 'DM3',
        readAtMs: 1_700_000_000_000,
        dataAgeS: 1_800,
        source: 'MIRROR',
      },
    },
  ),
  response(
    '4.8.1',
    answered(
      '4.8.1',
      'read_import_profile {\n  interval_s: 1800\n  entries {\n    start_ms: 1700000000000\n    value: 250\n  }\n  unit: WH\n  source: DEVICE\n  more: true\n}',
    ),
    {
      ...ok('4.8.1'),
      readImportProfile: {
        intervalS: 1_800,
        entries: [{ startMs: 1_700_000_000_000, value: 250 }],
        unit: 'WH',
        source: 'DEVICE',
        more: true,
      },
    },
  ),
  response(
    '6.13',
    answered(
      '6.13',
      'read_log {\n  log: EVENT\n  entries {\n    at_ms: 1700000000000\n    code: "8F12"\n    text: "device log changed"\n  }\n}',
    ),
    {
      ...ok('6.13'),
      readLog: { log: 'EVENT', entries: [{ atMs: 1_700_000_000_000, code: '8F12', text: 'device log changed' }] },
    },
  ),
  response('S1RIG.SET_APN', answered('S1RIG.SET_APN', 'set_apn {\n  previous_apn: "newcastle"\n}'), {
    ...ok('S1RIG.SET_APN'),
    setApn: { previousApn: 'newcastle' },
  }),
  response(
    'S1RIG.ROTATE_CREDENTIALS',
    answered('S1RIG.ROTATE_CREDENTIALS', 'rotate_credentials {\n  originators: "s1sp"\n  originators: "smso"\n}'),
    { ...ok('S1RIG.ROTATE_CREDENTIALS'), rotateCredentials: { originators: ['s1sp', 'smso'] } },
  ),
  response('E21', 'service_reference_variant: "6.11"\ncode: "E21"\ndetail: "no answer in 30 s"', {
    serviceReferenceVariant: '6.11',
    code: 'E21',
    detail: 'no answer in 30 s',
  }),
  alert(`code: "8F12"\ndescription: "CHF device log changed"\nat_ms: 1700000000000\ndevice: "${METER}"`, {
    code: '8F12',
    description: 'CHF device log changed',
    atMs: 1_700_000_000_000,
    device: METER,
  }),
  alert(
    `code: "8F75"\ndescription: "strong magnetic field"\nat_ms: 1700000000000\ndevice: "${METER}"\nnative_code: "0123"\nthrottled: 7`,
    {
      ...{ code: '8F75', description: 'strong magnetic field', atMs: 1_700_000_000_000, device: METER },
      ...{ nativeCode: '0123', throttled: 7 },
    },
  ),
  ...firmwareSamples(),
  ...samplesByKind(),
]

function samplesByKind(): Sample[] {
  return Object.entries({ ...CONFIGURATION_MESSAGES, ...METERING_MESSAGES }).flatMap(
    ([kind, { field, variant, asks, gives }]) => [
      request(variant, `service_reference_variant: "${variant}"\n${textOf(field, asks.text)}`, {
        ...{ serviceReferenceVariant: variant, [kind]: asks.plain },
      }),
      response(variant, answered(variant, textOf(field, gives.text)), { ...ok(variant), [kind]: gives.plain }),
    ],
  )
}

/** Hashes are 32 letters here. */
function firmwareSamples(): Sample[] {
  const hash = 'an image of thirty-two characters'.slice(0, 32)
  const sha256 = new Uint8Array(Buffer.from(hash))
  const updating = { serviceReferenceVariant: '11.1' }
  return [
    request(
      '11.1 announce',
      `service_reference_variant: "11.1"\nupdate_firmware {\n  announce {\n    sha256: "${hash}"\n    image_octets: 1000\n    manufacturer_code: 4660\n    image_type: 1\n    file_version: 16777216\n    version: "3.1.0"\n    devices: "${METER}"\n    hardware {\n      minimum: 1\n      maximum: 2\n    }\n  }\n}`,
      {
        ...updating,
        updateFirmware: {
          announce: {
            ...{ sha256, imageOctets: 1_000, manufacturerCode: 0x1234, imageType: 1, fileVersion: 0x0100_0000 },
            ...{ version: '3.1.0', devices: [METER], hardware: { minimum: 1, maximum: 2 } },
          },
        },
      },
    ),
    request(
      '11.1 chunk',
      `service_reference_variant: "11.1"\nupdate_firmware {\n  chunk {\n    sha256: "${hash}"\n    offset: 500\n    octets: "octets"\n  }\n}`,
      {
        ...updating,
        updateFirmware: { chunk: { sha256, offset: 500, octets: new Uint8Array(Buffer.from('octets')) } },
      },
    ),
    response(
      '11.1',
      answered(
        '11.1',
        `update_firmware {\n  sha256: "${hash}"\n  received_octets: 506\n  warnings {\n    device_id: "${METER}"\n    reason: NOT_COMMISSIONED\n  }\n}`,
      ),
      {
        ...ok('11.1'),
        updateFirmware: {
          ...{ sha256, receivedOctets: 506, complete: false },
          warnings: [{ deviceId: METER, reason: 'NOT_COMMISSIONED' }],
        },
      },
    ),
    request('S1RIG.READ_DISTRIBUTION', 'service_reference_variant: "S1RIG.READ_DISTRIBUTION"\nread_distribution {\n}', {
      serviceReferenceVariant: 'S1RIG.READ_DISTRIBUTION',
      readDistribution: {},
    }),
    response(
      'S1RIG.READ_DISTRIBUTION',
      answered(
        'S1RIG.READ_DISTRIBUTION',
        `read_distribution {\n  images {\n    sha256: "${hash}"\n    version: "3.1.0"\n    image_octets: 1000\n    received_octets: 1000\n    complete: true\n    devices {\n      device_id: "${METER}"\n      state: FIRMWARE_FAILED\n      transferred_octets: 48\n      failure: FILE_TRANSFER_FAILURE\n      detail: "broken off"\n      activate_at_ms: 1700000000000\n    }\n  }\n}`,
      ),
      {
        ...ok('S1RIG.READ_DISTRIBUTION'),
        readDistribution: {
          images: [
            {
              ...{ sha256, version: '3.1.0', imageOctets: 1_000, receivedOctets: 1_000, complete: true },
              devices: [
                {
                  ...{ deviceId: METER, state: 'FIRMWARE_FAILED', transferredOctets: 48 },
                  ...{ failure: 'FILE_TRANSFER_FAILURE', detail: 'broken off', activateAtMs: 1_700_000_000_000 },
                },
              ],
            },
          ],
        },
      },
    ),
    request(
      '11.3',
      `service_reference_variant: "11.3"\nactivate_firmware {\n  sha256: "${hash}"\n  at_ms: 1700000000000\n}`,
      { serviceReferenceVariant: '11.3', activateFirmware: { sha256, atMs: 1_700_000_000_000 } },
    ),
    response('11.3', answered('11.3', 'activate_firmware {\n  version_before: "3.0.1"\n  version_after: "3.1.0"\n}'), {
      ...ok('11.3'),
      activateFirmware: { versionBefore: '3.0.1', versionAfter: '3.1.0', pending: false },
    }),
    request(
      'S1RIG.DISCARD_FIRMWARE',
      `service_reference_variant: "S1RIG.DISCARD_FIRMWARE"\ndiscard_firmware {\n  sha256: "${hash}"\n}`,
      { serviceReferenceVariant: 'S1RIG.DISCARD_FIRMWARE', discardFirmware: { sha256 } },
    ),
    response(
      'S1RIG.DISCARD_FIRMWARE',
      answered('S1RIG.DISCARD_FIRMWARE', `discard_firmware {\n  devices: "${METER}"\n}`),
      { ...ok('S1RIG.DISCARD_FIRMWARE'), discardFirmware: { devices: [METER] } },
    ),
    alert(
      `code: "UPDATE_REQUESTED"\ndescription: "hub firmware 2.2.0"\nat_ms: 1700000000000\ndevice: "${HUB}"\nhub_firmware {\n  status: UPDATE_REQUESTED\n  version: "2.2.0"\n}`,
      {
        ...{ code: 'UPDATE_REQUESTED', description: 'hub firmware 2.2.0', atMs: 1_700_000_000_000, device: HUB },
        hubFirmware: { status: 'UPDATE_REQUESTED', version: '2.2.0' },
      },
    ),
  ]
}
