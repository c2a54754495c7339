/** Runs of the command line as processes: how they end, what they leave, and what disturbs them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { s1rig, start } from '../helpers/cli.ts'
import { DUAL_FUEL, home, temporaryFolder, writeRig } from '../helpers/migration.ts'
import { observedBroker } from '../helpers/observed-broker.ts'

const SUMMARY = /^\d+ passed, \d+ failed, \d+ blocked, \d+ skipped$/
const rig = resolve(DUAL_FUEL)
const folder = () => join(temporaryFolder(), 'run')
const read = (directory: string, name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'))

/** Slow enough to be disturbed, quick enough to wait for. */
const UNHURRIED = ['--clock', 'x600']
const shortLife = () => writeRig([home('home-1', 12)], { settleMin: 35 })

describe('a run ends', () => {
  test('with code 0 and its summary when everything passed', async () => {
    const out = folder()
    const { code, last, stdout, stderr } = await s1rig(['migrate', rig, '--out', out])
    expect({ code, last, stderr }).toEqual({ code: 0, last: '50 passed, 0 failed, 0 blocked, 2 skipped', stderr: '' })
    expect(stdout.split('\n')[0]).toBe('seed 1')
    expect(stdout).toContain(`trace ${read(out, 'manifest.json').traceHash}`)
    expect(stdout).toContain('home-1 is left in q4a-migrated')
  })

  test('with code 1 when a verdict failed', async () => {
    const args = ['migrate', rig, '--fault', 'gsme.silent=30h', '--set', 'gt01.windowHours=24', '--out', folder()]
    const { code, last, stdout } = await s1rig(args)
    expect(code).toBe(1)
    expect(last).toMatch(/^\d+ passed, 1 failed, 0 blocked, \d+ skipped$/)
    expect(stdout).toMatch(/FAIL .*CB-CHK-GT01[\s\S]*last heard 30\.\d\d h ago/)
    expect(stdout).toContain('home-1 next: cure the cause, then migrate again')
  })

  test('with code 4 when its folder holds an earlier run, which stays as it was', async () => {
    const out = folder()
    await s1rig(['migrate', rig, '--out', out])
    const before = readFileSync(join(out, 'manifest.json'), 'utf8')
    const { code, stderr } = await s1rig(['migrate', rig, '--out', out])
    expect(code).toBe(4)
    expect(stderr).toContain(`${out} holds an earlier run`)
    expect(readFileSync(join(out, 'manifest.json'), 'utf8')).toBe(before)
  })

  test('with code 5 when nothing listens at the broker named', async () => {
    const out = folder()
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise(resolve => server.close(resolve))
    const { code, stderr } = await s1rig(['migrate', rig, '--mqtt', `mqtt://127.0.0.1:${port}`, '--out', out])
    expect(code).toBe(5)
    expect(stderr).toBe(
      `s1rig: nothing listens at mqtt://127.0.0.1:${port} (ECONNREFUSED); start the broker or correct host and port\n`,
    )
    expect(read(out, 'manifest.json')).toMatchObject({ complete: false, outcome: 'error' })
  })

  test('with code 5 when the broker refuses the login, and no password is shown', async () => {
    const { broker } = await observedBroker()
    const url = broker.url.replace('mqtt://', 'mqtt://smso:not-the-password@')
    const out = folder()
    const { code, stdout, stderr } = await s1rig(['migrate', rig, '--mqtt', url, '--out', out])
    expect(code).toBe(5)
    expect(stderr).toMatch(/refused login "smso": bad user name or password/)
    const written = readdirSync(out, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    const files = written.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    for (const text of [stdout, stderr, ...files]) expect(text).not.toContain('not-the-password')
  })

  test('with code 5 when the login may not hear what it must', async () => {
    const { broker, choice } = await observedBroker()
    const password = choice.logins?.supplier ?? ''
    const url = broker.url.replace('mqtt://', `mqtt://supplier:${encodeURIComponent(password)}@`)
    const { code, stderr } = await s1rig(['migrate', rig, '--mqtt', url, '--out', folder()])
    expect(code).toBe(5)
    expect(stderr).toMatch(/refused the subscription/)
  })
})

describe('a run at a broker of the user', () => {
  test('takes its passwords from a login file', async () => {
    const { broker, choice, heard } = await observedBroker()
    const logins = join(temporaryFolder(), 'logins.json')
    writeFileSync(logins, JSON.stringify(choice.logins))
    const { code } = await s1rig(['migrate', rig, '--mqtt', broker.url, '--logins', logins, '--out', folder()])
    expect(code).toBe(0)
    expect(heard.length).toBeGreaterThan(50)
  })

  test('is refused with code 4 when the login file is bad', async () => {
    const logins = join(temporaryFolder(), 'logins.json')
    writeFileSync(logins, '{"smso": "short"}')
    const { code, stderr } = await s1rig(['migrate', rig, '--mqtt', 'mqtt://127.0.0.1:1', '--logins', logins])
    expect(code).toBe(4)
    expect(stderr).toMatch(/logins\.json:1:2 \/smso: a password of 12 to 128 characters/)
    expect(stderr).toMatch(/no password for gateway, s1sp, dcc, supplier/)
  })
})

describe('what a run is told', () => {
  test('--json is one object a line, and the end is the last', async () => {
    const out = folder()
    const { stdout } = await s1rig(['migrate', rig, '--json', '--seed', 'a b', '--out', out])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines[0]).toMatchObject({ type: 'started', seed: 'a b', directory: out })
    expect(lines.filter(({ type }) => type === 'verdict')).toHaveLength(52)
    expect(lines.at(-1)).toMatchObject({
      type: 'ended',
      exitCode: 0,
      summary: expect.stringMatching(SUMMARY),
      traceHash: read(out, 'manifest.json').traceHash,
    })
  })

  test('environment variables stand for options, and an option on the line goes before', async () => {
    const [one, two] = [folder(), folder()]
    const env = { S1RIG_SEED: '42', S1RIG_FAULT: 'esme.firmware=9.9', S1RIG_OUT: one }
    const byEnvironment = await s1rig(['migrate', rig], { env })
    expect(byEnvironment.code).toBe(1)
    expect(read(one, 'manifest.json')).toMatchObject({ seed: '42', faults: ['esme.firmware=9.9'] })
    await s1rig(['migrate', rig, '--seed', '43', '--out', two], { env })
    expect(read(two, 'manifest.json').seed).toBe('43')
  })

  test('without --out the folder is a new one under runs', async () => {
    const cwd = temporaryFolder()
    await s1rig(['migrate', rig], { cwd })
    const [name = ''] = readdirSync(join(cwd, 'runs'))
    expect(name).toMatch(/^\d{8}T\d{6}Z-cb-dual-fuel$/)
    expect(existsSync(join(cwd, 'runs', name, 'report.html'))).toBe(true)
  })

  test('a paced clock changes when things happen, not what comes of them', async () => {
    const out = folder()
    const { code, last } = await s1rig(['migrate', rig, ...UNHURRIED, '--set', 'clock.toleranceS=600', '--out', out])
    expect({ code, last }).toEqual({ code: 0, last: '50 passed, 0 failed, 0 blocked, 2 skipped' })
    expect(read(out, 'manifest.json').clock).toBe('x600')
  })
})

describe('a run that is disturbed', () => {
  test('by SIGINT ends with code 2, what had been judged, and where the home was last seen', async () => {
    const out = folder()
    const run = start(['migrate', shortLife(), ...UNHURRIED, '--out', out])
    await run.says(/PASS +CB-PRE-REACH/)
    run.child.kill('SIGINT')
    const { code, last, stdout } = await run.ended
    expect(code).toBe(2)
    expect(last).toMatch(SUMMARY)
    expect(stdout).toMatch(/home-1 is left in \S+: as last seen, for the run was stopped/)
    expect(read(out, 'manifest.json')).toMatchObject({
      complete: false,
      outcome: 'interrupted',
      reason: expect.any(String),
    })
    const { verdicts } = read(out, 'verdicts.json')
    expect(verdicts.length).toBeGreaterThan(0)
    expect(verdicts.length).toBeLessThan(48)
    expect(last).toMatch(new RegExp(`^${verdicts.length} passed, 0 failed, 0 blocked, 0 skipped$`))
  })

  test('by SIGTERM before the first step ends likewise, with nothing judged', async () => {
    const out = folder()
    const run = start(['migrate', rig, '--clock', 'real', '--out', out])
    await run.says(/ordinary life/)
    run.child.kill('SIGTERM')
    const { code, last } = await run.ended
    expect({ code, last }).toEqual({ code: 2, last: '0 passed, 0 failed, 0 blocked, 0 skipped' })
    expect(read(out, 'manifest.json')).toMatchObject({ complete: false, outcome: 'interrupted' })
  })

  test('by SIGKILL leaves a manifest that says it is not complete, and whole lines of trace', async () => {
    const out = folder()
    const run = start(['migrate', shortLife(), ...UNHURRIED, '--out', out])
    await run.says(/PASS +CB-PRE-REACH/)
    run.child.kill('SIGKILL')
    await run.ended
    const manifest = read(out, 'manifest.json')
    expect(manifest).toMatchObject({ complete: false, seed: '1' })
    expect(manifest).not.toHaveProperty('outcome')
    expect(readFileSync(join(out, 'zigbee_pc_keys'), 'utf8')).toContain('"home-1 network key 0 (test)"')
    const trace = readFileSync(join(out, 'trace.jsonl'), 'utf8')
    expect(trace.length).toBeGreaterThan(0)
    for (const line of trace.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
  })

  test('by a reader that goes away runs to its end all the same', async () => {
    const out = folder()
    const run = start(['migrate', rig, '--out', out])
    await run.says(/seed 1/)
    run.child.stdout.destroy()
    const { code, stderr } = await run.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(read(out, 'manifest.json')).toMatchObject({ complete: true, summary: expect.stringMatching(SUMMARY) })
  })

  test('by a folder it may not write to says so with code 4', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await s1rig(['migrate', rig, '--out', join(file, 'run')])
    expect(code).toBe(4)
    expect(stderr).toMatch(/part of this path is a file/)
  })
})

describe('up', () => {
  test('tells where each hub is, keeps passwords to their owner, captures the air, and stops with code 0 when asked to', async () => {
    const cwd = temporaryFolder()
    const run = start(['up', rig, '--clock', 'x100', '--capture', 'air'], { cwd })
    await run.says(/up; Ctrl-C stops/)
    await run.says(/"kind":"wan\.attached","apn":"newcastle"/)
    run.child.kill('SIGTERM')
    const { code, stdout } = await run.ended
    expect(code).toBe(0)
    expect(readdirSync(join(cwd, 'air')).sort()).toEqual(['han-home-1.pcap', 'zigbee_pc_keys'])
    expect(stdout).toContain('home-1: hub 00db1234567890a1 at wan/newcastle/10.20.0.11/down')
    const passwords = Object.values(read(join(cwd, '.s1rig'), 'logins.json')) as string[]
    for (const password of passwords) expect(stdout).not.toContain(password)
  })

  test('takes the passwords of its last time', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, '.s1rig'))
    const roles = ['gateway', 'smso', 's1sp', 'dcc', 'supplier']
    const logins = Object.fromEntries(roles.map(role => [role, `password-of-${role}`]))
    writeFileSync(join(cwd, '.s1rig', 'logins.json'), JSON.stringify(logins))
    const [, url = ''] = await start(['up', rig, '--json'], { cwd }).says(/"broker":"(mqtt:[^"]+)"/)
    const login = { username: 'smso', password: 'password-of-smso' }
    const smso = await mqttBroker(url).connect({ clientId: 'smso', login })
    expect(smso.connected).toBe(true)
    await smso.end()
  })

  test('migrate --driver none waits for a core in the same way', async () => {
    const run = start(['migrate', rig, '--driver', 'none'], { cwd: temporaryFolder() })
    await run.says(/up; Ctrl-C stops/)
    run.child.kill('SIGINT')
    expect((await run.ended).code).toBe(0)
  })

  test('ends with code 5 when nothing listens at the broker named', async () => {
    const { code, stderr } = await s1rig(['up', rig, '--mqtt', 'mqtt://127.0.0.1:1'])
    expect(code).toBe(5)
    expect(stderr).toMatch(/nothing listens at mqtt:\/\/127\.0\.0\.1:1 /)
  })
})
