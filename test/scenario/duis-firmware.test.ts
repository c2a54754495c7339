/** New firmware for a meter, ordered at the DUIS door: brought, activated, executed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { formatEui64 } from '../../src/base/ids.ts'
import { below, openDoor } from '../helpers/duis-door.ts'
import { testImage } from '../helpers/firmware-image.ts'
import { DUAL_FUEL } from '../helpers/migration.ts'
import { BECOMES, LATER } from '../helpers/ota-home.ts'
import { covered } from '../helpers/service-coverage.ts'

let door: Awaited<ReturnType<typeof openDoor>>
const image = testImage({ ...LATER.esme, version: '1.5.0', octets: 20_000 })
const folder = mkdtempSync(join(tmpdir(), 's1rig-duis-'))
beforeAll(async () => {
  const rig = join(folder, 'rig.yaml')
  const listed = `firmware: [${BECOMES}]\ninstallations:\n`
  writeFileSync(rig, readFileSync(DUAL_FUEL, 'utf8').replace('installations:\n', listed))
  door = await openDoor({ rig })
})
afterAll(async () => {
  await door.close()
  rmSync(folder, { recursive: true, force: true })
})

const update = (octets: Uint8Array, devices: readonly string[], version = '1.5.0') => `<UpdateFirmware>
  <FirmwareImage>${Buffer.from(octets).toString('base64').replace(/.{76}/g, '$&\n')}</FirmwareImage>
  <FirmwareVersion>${version}</FirmwareVersion>
  <DeviceIDList>${devices.map(formatEui64).join(',')}</DeviceIDList>
</UpdateFirmware>`
const DCC = '90b3d51f30000002'
const nd = { commandVariant: 8 }

it('is brought to its hub in pieces, fetched by the meter, and executed when it is told to', async () => {
  const hash = Buffer.from(image.sha256).toString('hex').toUpperCase()
  const activate = () =>
    door.ask('11.3', door.id('ESME'), `<ActivateFirmware><FirmwareHash>${hash}</FirmwareHash></ActivateFirmware>`)
  const early = await activate()
  expect(early.answer).toMatchObject({ code: 'I0', debug: [expect.stringContaining('no such image is there')] })
  covered('11.3', 'ESME', 'S1RIG_REFUSED')
  const { answer } = await door.ask('11.1', DCC, update(image.octets, [door.id('ESME'), '00db123456789999']), nd)
  expect(answer.code).toBe('I0')
  expect(below(answer.result, 'ReceivedOctets')?.text).toBe(`${image.octets.length}`)
  expect(below(answer.result, 'Complete')?.text).toBe('true')
  expect(below(answer.result, 'Warnings')?.children.map(({ text }) => text)).toEqual([
    '00-DB-12-34-56-78-99-99',
    'INVALID_DEVICE_ID',
  ])
  covered('11.1', 'CHF', 'I0')
  // Held by the meter until its time, and given up.
  const at = (time: string) => `<ExecutionDateTime>${time}</ExecutionDateTime>`
  const dated = (time: string) =>
    door.ask(
      '11.3',
      door.id('ESME'),
      `<ActivateFirmware>${at(time)}<FirmwareHash>${hash}</FirmwareHash></ActivateFirmware>`,
    )
  await vi.waitFor(
    async () => {
      const { answer } = await dated('2099-01-01T00:00:00.00Z')
      expect(below(answer.result, 'Pending')?.text, answer.debug.join()).toBe('true')
    },
    { timeout: 25_000, interval: 200 },
  )
  const wasHeld = async () => below((await dated('3000-12-31T00:00:00.00Z')).answer.result, 'WasHeld')?.text
  expect([await wasHeld(), await wasHeld()]).toEqual(['true', 'false'])
  const done = await vi.waitFor(
    async () => {
      const { answer } = await activate()
      expect(answer.result, answer.debug.join()).toBeDefined()
      return answer
    },
    { timeout: 25_000, interval: 200 },
  )
  expect(below(done.result, 'VersionAfter')?.text).toBe('1.5.0')
  covered('11.3', 'ESME', 'I0')
  const { text } = await door.ask('11.2', door.id('ESME'), '<ReadFirmwareVersion/>')
  expect(text).toContain('<sr:Version>1.5.0<')
  covered('11.2', 'ESME', 'I0')
})

it('that no device here can take is refused, and says why', async () => {
  const { answer } = await door.ask('11.1', DCC, update(testImage().octets, [door.id('GPF')]), nd)
  expect(answer).toMatchObject({
    code: 'I0',
    result: undefined,
    debug: [expect.stringContaining('NOT_APPLICABLE_FIRMWARE')],
  })
  covered('11.1', 'CHF', 'S1RIG_REFUSED')
})

it.each([
  ['what is no base64', (xml: string) => xml.replace(/(<FirmwareImage>).*/, '$1!!!!'), 'in base64'],
  [
    'half a file',
    () => update(image.octets.subarray(0, 300), [door.id('ESME')]),
    'a whole ZigBee OTA upgrade file expected',
  ],
  ['something else', () => update(new Uint8Array(600), [door.id('ESME')]), 'a whole ZigBee OTA upgrade file expected'],
  ['nobody of this rig', () => update(image.octets, ['00db123456789999']), 'a device of this rig expected'],
  [
    'a list of words',
    (xml: string) => xml.replace(/(<DeviceIDList>)[^<]*/, '$1esme gsme'),
    'EUI-64s as 8 pairs of hex digits expected, found esme',
  ],
])('with %s is refused before a hub is asked', async (_what, change, message) => {
  const { status, text } = await door.ask('11.1', DCC, change(update(image.octets, [door.id('ESME')])), nd)
  expect([status, JSON.parse(text).detail]).toEqual([400, expect.stringContaining(message)])
})
