/** The DCC's own parser reads what the door says, and makes requests that the door takes; xmllint finds every document well-formed. */
import { spawnSync } from 'node:child_process'
import {
  constructDuis,
  isSimplifiedDuisOutputRequest,
  isSimplifiedDuisOutputResponse,
  parseDuis,
} from '@smartdcc/duis-parser'
import { expect, it } from 'vitest'
import { acknowledgement, alertDocument, deviceResponse, inventoryResponse } from '../../src/duis/answer-xml.ts'
import { planOf } from '../../src/duis/equivalent-steps.ts'
import { readServiceRequest } from '../../src/duis/service-request.ts'
import { readXml } from '../../src/duis/xml-reader.ts'
import { requestXml } from '../helpers/duis-door.ts'
import { needs } from './strangers.ts'

const ESME = '00db1234567890a3'
const HUB = '00db1234567890a1'
const NOW = Date.parse('2026-11-22T12:00:00Z')
const about = { inventory: new Map(), nowMs: NOW }
const asked = () =>
  readServiceRequest(
    readXml(Buffer.from(requestXml('4.1.1', ESME, '<ReadInstantaneousImportRegisters/>', { counter: 77 }))),
  )

const said = () => ({
  acknowledged: acknowledgement(asked().requestId, 'I99', NOW),
  refused: acknowledgement(asked().requestId, 'E11', NOW, 'not for <SMETS1> & "others"'),
  answered: deviceResponse(asked(), {
    ...{ code: 'I0', atMs: NOW, steps: [{ code: 'I0', detail: '' }] },
    result: { name: 'ReadInstantaneousImportRegistersRsp', fields: { activeImport: 12, label: 'a<b>&\u0007' } },
  }),
  failed: deviceResponse(asked(), { code: 'E21', atMs: NOW, steps: [{ code: 'E21', detail: 'silent' }] }),
  inventory: inventoryResponse(asked(), NOW, [{ deviceId: ESME, deviceType: 'ESME' }]),
  alerted: alertDocument(HUB, {
    code: '8F12',
    description: 'CHF device log changed',
    atMs: NOW,
    device: ESME,
    throttled: 3,
  }),
  hub: alertDocument(HUB, {
    ...{ code: 'UPDATE_REQUESTED', description: '', atMs: NOW, device: HUB },
    hubFirmware: { status: 'UPDATE_REQUESTED', version: '2.3.0' },
  }),
})

it('xmllint reads every document, and what it cannot read in text is written so that it can', context => {
  const xmllint = needs(context, 'xmllint')
  for (const [name, document] of Object.entries(said())) {
    const { status, stderr } = spawnSync(xmllint, ['--noout', '--nonet', '-'], { input: document, encoding: 'utf8' })
    expect([name, status, stderr]).toEqual([name, 0, ''])
  }
  const [label] = ['//*[local-name()="Label"]/text()'].map(
    xpath => spawnSync(xmllint, ['--xpath', xpath, '-'], { input: said().answered, encoding: 'utf8' }).stdout,
  )
  expect(label?.trim()).toBe('a&lt;b&gt;&amp;\u2407')
})

it('an inventory, an acknowledgement and an alert of the DCC are what the DCC calls so', () => {
  const inventory = parseDuis('simplified', said().inventory)
  if (!isSimplifiedDuisOutputResponse(inventory)) throw new Error('no response')
  expect(inventory.header).toMatchObject({
    type: 'response',
    responseCode: 'I0',
    requestId: { originatorId: '90-b3-d5-1f-30-01-00-00', targetId: '00-db-12-34-56-78-90-a3', counter: 77n },
    responseId: { originatorId: '00-db-12-34-56-78-90-a3', targetId: '90-b3-d5-1f-30-01-00-00', counter: 77n },
  })
  expect(inventory.body).toMatchObject({
    ResponseMessage: { ServiceReferenceVariant: '4.1.1', DSPInventory: { Device: { DeviceType: 'ESME' } } },
  })
  const hub = parseDuis('simplified', said().hub)
  expect(hub.body).toMatchObject({
    DCCAlertMessage: { DCCAlertCode: 'N56', DCCAlert: { SMETS1CHFirmwareNotification: { FirmwareVersion: '2.3.0' } } },
  })
})

it('the answers of SMETS1 devices are read, element by element', () => {
  for (const document of [said().answered, said().failed, said().alerted]) {
    expect(JSON.stringify(parseDuis('normal', document))).toContain('SMETS1ResponseMessage')
  }
})

it("a request that the DCC's tool constructs is taken", () => {
  const xml = constructDuis('simplified', {
    header: {
      ...{ type: 'request', commandVariant: 1, serviceReference: '4.8', serviceReferenceVariant: '4.8.1' },
      requestId: { originatorId: '90-B3-D5-1F-30-01-00-00', targetId: '00-DB-12-34-56-78-90-A3', counter: 1_234 },
    },
    body: {
      ReadActiveImportProfileData: {
        ReadLogPeriod: { StartDateTime: '2026-01-01T00:00:00.00Z', EndDateTime: '2026-01-02T00:00:00.00Z' },
      },
    },
  })
  const request = readServiceRequest(readXml(Buffer.from(xml)))
  expect(request).toMatchObject({ variant: '4.8.1', commandVariant: 1, requestId: { target: ESME, counter: 1_234 } })
  expect(planOf(request, about)?.steps[0]?.request.readImportProfile).toEqual({
    ...{ fromMs: Date.parse('2026-01-01T00:00:00Z'), toMs: Date.parse('2026-01-02T00:00:00Z'), maxEntries: 1_000 },
  })
})

it('what it makes of our requests is what they say', () => {
  const read = parseDuis('simplified', requestXml('8.11', HUB, '<UpdateHANDeviceLog/>', { counter: 5 }))
  if (!isSimplifiedDuisOutputRequest(read)) throw new Error('no request')
  expect(read.header).toMatchObject({ serviceReference: '8.11', requestId: { counter: 5n } })
})
