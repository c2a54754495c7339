/** A rig kept up at a mosquitto, spoken to with the lines of the README and other people's tools only. */
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { type Running, start } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { testImage } from '../helpers/firmware-image.ts'
import { freePort } from '../helpers/free-port.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { kill, runMosquitto } from '../helpers/mosquitto.ts'
import { needs } from './strangers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The gas meter of the rig in the README. */
const GSME = '00db1234567890a4'

/** The shell lines of the README under a marker. */
function readmeLines(marker: string): string {
  const [, lines] = new RegExp(`<!-- ${marker} -->\\n\`\`\`sh\\n([^\`]*)\`\`\``).exec(readme) ?? []
  if (!lines) throw new Error(`README.md has no lines under <!-- ${marker} -->`)
  return lines
}

interface Bench {
  cwd: string
  port: number
  mosquitto: Awaited<ReturnType<typeof runMosquitto>>
  daemon: Running
  shell: (lines: string) => Promise<string>
}

/** What the first terminal of the README does, in a folder of its own and a minute a second. */
async function firstTerminal(context: Parameters<typeof needs>[0]): Promise<Bench> {
  const program = needs(context, 'mosquitto')
  for (const tool of ['mosquitto_pub', 'mosquitto_sub', 'protoc', 'openssl'] as const) needs(context, tool)
  const cwd = temporaryFolder()
  for (const name of ['rigs', 'src']) symlinkSync(join(root, name), join(cwd, name))
  const port = await freePort()
  const env = { ...process.env, PORT: String(port) }
  const [configure = '', broker, up = ''] = readmeLines('up').trim().split('\n')
  execFileSync('sh', ['-ec', configure], { cwd, env })
  expect(broker).toBe('mosquitto -c mosquitto.conf &')
  const mosquitto = await runMosquitto(program, { conf: 'mosquitto.conf', port, cwd })
  const [, args = ''] = /^npm run -s s1rig -- (.*)$/.exec(up) ?? []
  const daemon = start([...args.replace('$PORT', String(port)).split(' '), '--clock', 'x60'])
  await daemon.says(/attached.*newcastle/)
  // The gas meter joins last: with the alert about it the hub has sent all of its own.
  const [joined, gsme] = ['device joined SMHAN', GSME].map(text => Buffer.from(text).toString('hex'))
  await daemon.says(new RegExp(`${joined}[0-9a-f]{2,20}${gsme}`))
  const shell = async (lines: string) =>
    (await promisify(execFile)('sh', ['-ec', lines], { cwd, env, timeout: 20_000 })).stdout
  return { cwd, port, mosquitto, daemon, shell }
}

test("the README's lines read the hub's device log with mosquitto, protoc and openssl alone", async context => {
  const { shell } = await firstTerminal(context)
  const answer = await shell(readmeLines('read-device-log'))
  expect(answer).toMatch(/originator: "00db1234567890a1"/)
  expect(answer).toMatch(/correlation_id: "readme-\d+"/)
  expect(answer).toMatch(/service_reference_variant: "8\.9"\s+code: "I0"/)
  const listed = [...answer.matchAll(/device_id: "(\w+)"/g)].map(([, id]) => id)
  expect(listed).toEqual(['00db1234567890a3', '00db1234567890a4', '00db1234567890a5'])
})

test('broken messages are refused and logged, and the hub answers the next sound one', async context => {
  const { shell, daemon, cwd } = await firstTerminal(context)
  const read = readmeLines('read-device-log')
  await shell(read)
  const sound = readFileSync(join(cwd, 'message'))
  const flipped = Buffer.from(sound)
  flipped.writeUInt8((flipped.at(-1) ?? 0) ^ 1, flipped.length - 1)
  const broken: [topic: string, octets: Uint8Array, logged: RegExp][] = [
    ['wan/newcastle/10.20.0.11/down', sound.subarray(0, 40), /wan\.(truncated|malformed|no-authentication)/],
    ['wan/newcastle/10.20.0.11/down', Buffer.from('not a message'), /wan\.(truncated|malformed|no-authentication)/],
    ['wan/newcastle/10.20.0.11/down', Buffer.alloc(1_000_000, 7), /1000000 octets are too many/],
    ['wan/newcastle/10.20.0.11/down', Buffer.alloc(20_000, 7), /wan\.oversized/],
    ['wan/newcastle/10.20.0.11/down', flipped, /wan\.not-authentic/],
    ['wan/elster/10.20.0.11/down', sound, /wan\/elster\/10\.20\.0\.11\/down: no hub has this address/],
    ['wan/newcastle/10.9.9.9/down', sound, /wan\/newcastle\/10\.9\.9\.9\/down: no hub has this address/],
  ]
  for (const [topic, octets, logged] of broken) {
    writeFileSync(join(cwd, 'broken'), octets)
    await shell(`mosquitto_pub -p "$PORT" -q 1 -t ${topic} -f broken`)
    await daemon.says(logged)
  }
  for (const order of ['not json', '[]', '{"transactionId":7}', '{"transactionId":"a","imsi":"1"}']) {
    const answered = 'mosquitto_sub -p "$PORT" -q 1 -t csp/response/plan.set -C 1 -W 5 > reply & sleep 0.3'
    await shell(`${answered}\nmosquitto_pub -p "$PORT" -q 1 -t csp/request/plan.set -m '${order}'; wait $!`)
    expect(JSON.parse(readFileSync(join(cwd, 'reply'), 'utf8')).code).toBe('malformed')
  }
  expect(daemon.child.exitCode).toBeNull()
  expect(await shell(read)).toContain('code: "I0"')
})

test('a message sent again is answered again and not carried out again', async context => {
  const { shell } = await firstTerminal(context)
  const lines = readmeLines('read-device-log')
  const once = await shell(lines)
  const again = await shell(lines.slice(lines.indexOf('mosquitto_sub')))
  const result = (text: string) => /response \{[\s\S]*\n\}/.exec(text)?.[0]
  expect(result(again)).toBe(result(once))
})

test('a stopped daemon leaves with code 0, and its hubs are down for whoever looks later', async context => {
  const { daemon, shell } = await firstTerminal(context)
  const session = 'mosquitto_sub -p "$PORT" -q 1 -t wan/newcastle/10.20.0.11/session -C 1 -W 5'
  expect(JSON.parse(await shell(session))).toMatchObject({ state: 'up', hub: '00db1234567890a1' })
  daemon.child.kill('SIGTERM')
  expect((await daemon.ended).code).toBe(0)
  expect(JSON.parse(await shell(session))).toMatchObject({ state: 'down', reason: 'stopped' })
})

test('a killed daemon is reported down by the broker', async context => {
  const { daemon, shell } = await firstTerminal(context)
  const session = 'mosquitto_sub -p "$PORT" -q 1 -t wan/newcastle/10.20.0.11/session -C 1 -W 5'
  expect(JSON.parse(await shell(session))).toMatchObject({ state: 'up' })
  daemon.child.kill('SIGKILL')
  await daemon.ended
  const state = async () => JSON.parse(await shell(session))
  await eventually(async () => expect(await state()).toMatchObject({ state: 'down', reason: 'connection lost' }))
})

test('a second rig at the same broker does not disturb the first', async context => {
  const { daemon, shell, port } = await firstTerminal(context)
  const mqtt = `mqtt://127.0.0.1:${port}`
  const second = start(['up', 'rigs/cb-electricity-only.yaml', '--mqtt', mqtt, '--clock', 'x60'])
  await second.says(/attached.*newcastle/)
  expect(await shell(readmeLines('read-device-log'))).toContain('code: "I0"')
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
  expect(daemon.child.exitCode).toBeNull()
  expect(await shell(readmeLines('read-device-log'))).toContain('code: "I0"')
})

test('a daemon outlives its broker: when that is back, the hubs are announced and answer', async context => {
  const { daemon, shell, mosquitto, port, cwd } = await firstTerminal(context)
  await kill(mosquitto)
  await runMosquitto(needs(context, 'mosquitto'), { conf: 'mosquitto.conf', port, cwd })
  const session = 'mosquitto_sub -p "$PORT" -q 1 -t wan/newcastle/10.20.0.11/session -C 1 -W 15'
  expect(JSON.parse(await shell(session))).toMatchObject({ state: 'up' })
  expect(await shell(readmeLines('read-device-log'))).toContain('code: "I0"')
  daemon.child.kill('SIGTERM')
  expect((await daemon.ended).code).toBe(0)
})

test('an image is announced, brought in chunks, finished and watched with mosquitto, protoc and openssl alone', async context => {
  const { shell } = await firstTerminal(context)
  const { octets, sha256 } = testImage({ manufacturerCode: 0x1234, imageType: 1, octets: 900 })
  const text = (bytes: Uint8Array) => [...bytes].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  let number = Math.floor(Date.now() / 1_000)
  const ask = (request: string) =>
    shell(
      readmeLines('read-device-log')
        .replace('$(date +%s)', `${++number}`)
        .replace(/^request .*$/m, () => request),
    )
  const update = (step: string) => ask(`request { service_reference_variant: "11.1" update_firmware { ${step} } }`)
  const name = `sha256: "${text(sha256)}"`
  const announced = await update(
    `announce { ${name} image_octets: 900 manufacturer_code: 4660 image_type: 1 file_version: 150994944 version: "9.0.0" devices: "00db1234567890a3" devices: "00db1234567890ff" }`,
  )
  expect(announced).toContain('code: "I0"')
  expect(announced).toMatch(/device_id: "00db1234567890ff"\s+reason: INVALID_DEVICE_ID/)
  for (const offset of [0, 450]) {
    const piece = text(octets.subarray(offset, offset + 450))
    const taken = await update(`chunk { ${name} offset: ${offset} octets: "${piece}" }`)
    expect(taken).toContain(`received_octets: ${offset + 450}`)
  }
  expect(await update(`finish { ${name} }`)).toMatch(/received_octets: 900\s+complete: true/)
  const watch = 'request { service_reference_variant: "S1RIG.READ_DISTRIBUTION" read_distribution {} }'
  expect(await ask(watch)).toMatch(/image_octets: 900[\s\S]*device_id: "00db1234567890a3"\s+state: FIRMWARE_/)
})
