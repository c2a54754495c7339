import { describe, expect, it } from 'vitest'
import { FileError, formatProblem } from '../../src/base/errors.ts'
import { validateFiles } from '../../src/profiles/validate-files.ts'
import { rigDeps } from '../unit/profiles-bench.ts'

const validate = (files: Record<string, string>, kinds = {}) =>
  validateFiles(Object.keys(files), { ...rigDeps(files), kinds })

const badRig = `schema: s1rig/rig/1
name: Bad Rig
description: Everything that can be wrong with one home.
group: CC
startsAt: tomorrow
settleMin: an hour
testKeys:
  smso: 1234
  s1sp: "${'ab'.repeat(32)}"
  dco: "${'cd'.repeat(32)}"
installations:
  - id: home-1
    mpan: 1200012345601
    suplier: Example Energy
    installationType: activ
    han: { kind: aps, panId: 0x1a62, channel: 27 }
    sim:
      imsi: "23410012345678"
      iccid: "8944110012345678901"
      msisdn: "447700900121"
      account: mds-original
      plan:
      addresses: { newcastle: 10.20.0.300 }
    devices:
      - { type: CHF, deviceId: 00-DB-12-34-56-78-90-A1, profile: honeywell-elster/s1ch/2.1.1 }
      - { type: GPF, deviceId: 00-DB-12-34-56-78-90-A1 }
      - type: GSME
        deviceId: 0012345678901234
        profile: honeywell-elster/as300p/1.4.2
        installCode: xyz
      - { type: GSME, deviceId: 00-DB-12-34-56-78-90-A4, profile: honeywell-elster/bk-g4e/3.0.1 }
`

// Written by hand from the file above, not taken from a run.
const badRigReport = `\
bad/rigs/bad.yaml:2:7 /name: expected lower-case letters, digits and -, at most 64, found "Bad Rig" [schema.value]
bad/rigs/bad.yaml:4:8 /group: expected the name of a Group, found "CC" (did you mean "CB"?) [group]
bad/rigs/bad.yaml:5:11 /startsAt: expected an instant of 2000 to 2099 in UTC such as 2021-10-11T06:00:00Z, found "tomorrow" [schema.value]
bad/rigs/bad.yaml:6:12 /settleMin: expected a whole number 0 to 43200, found "an hour" [schema.type]
bad/rigs/bad.yaml:8:9 /testKeys/smso: expected a 256-bit key as 64 hex digits, found the number 1234 (quote it: "1234") [schema.type]
bad/rigs/bad.yaml:10:3 /testKeys/dco: found the unknown key "dco" (known keys: smso, s1sp, others) [schema.unknown-key]
bad/rigs/bad.yaml:12:5 /installations/0/mprn: expected the key "mprn" (1 to 10 digits), found none (an installation with a GSME states \`mprn\`) [mprn]
bad/rigs/bad.yaml:13:11 /installations/0/mpan: expected 13 digits, found the number 1200012345601 (quote it: "1200012345601") [schema.type]
bad/rigs/bad.yaml:14:5 /installations/0/suplier: found the unknown key "suplier" (did you mean "supplier"?) [schema.unknown-key]
bad/rigs/bad.yaml:15:23 /installations/0/installationType: expected one of active, dormant, mixed, found "activ" (did you mean "active"?) [schema.value]
bad/rigs/bad.yaml:16:30 /installations/0/han/panId: expected a PAN identifier in quotes, "0x0001" to "0xfffe", found the number 0x1a62 (quote it: "0x1a62") [schema.type]
bad/rigs/bad.yaml:16:47 /installations/0/han/channel: expected a whole number 11 to 26, found the number 27 [schema.value]
bad/rigs/bad.yaml:18:13 /installations/0/sim/imsi: expected 15 digits, found "23410012345678" [schema.value]
bad/rigs/bad.yaml:22:7 /installations/0/sim/plan: expected 1 to 64 printable ASCII characters, found nothing [schema.type]
bad/rigs/bad.yaml:23:31 /installations/0/sim/addresses/newcastle: expected an IPv4 address, found "10.20.0.300" [schema.value]
bad/rigs/bad.yaml:25:7 /installations/0/devices: expected exactly one ESME, found none (a SMETS1 Installation is exactly one CHF, GPF and ESME, and at most one GSME, PPMID, IHD and CAD) [smets1-installation]
bad/rigs/bad.yaml:25:66 /installations/0/devices/0/profile: expected a firmware-profile, found none called "honeywell-elster/s1ch/2.1.1" (did you mean "honeywell-elster/s1ch/2.1.0"?) [profile.missing]
bad/rigs/bad.yaml:26:32 /installations/0/devices/1/deviceId: expected deviceId 00db1234567890a1 once in a rig, found it at /installations/0/devices/0/deviceId too [unique]
bad/rigs/bad.yaml:28:19 /installations/0/devices/2/deviceId: expected an EUI-64 (16 hex digits, or 8 pairs joined by - or :), found the number 0012345678901234 (quote it: "0012345678901234") [schema.type]
bad/rigs/bad.yaml:29:18 /installations/0/devices/2/profile: expected a profile of device type GSME, found honeywell-elster/as300p/1.4.2 of type ESME [profile.device]
bad/rigs/bad.yaml:30:22 /installations/0/devices/2/installCode: expected 6, 8, 12 or 16 octets in hex, without the CRC, found "xyz" [schema.value]
bad/rigs/bad.yaml:31:9 /installations/0/devices/3/installCode: expected the key "installCode" (6, 8, 12 or 16 octets in hex, without the CRC), found none [schema.missing]
bad/rigs/bad.yaml:31:17 /installations/0/devices/3/type: expected at most one GSME, found another at /installations/0/devices/2 (a SMETS1 Installation is exactly one CHF, GPF and ESME, and at most one GSME, PPMID, IHD and CAD) [smets1-installation]`

describe('validating files', () => {
  it('reports everything that is wrong with a thoroughly bad rig, in the order of the file', () => {
    const [result] = validate({ 'bad/rigs/bad.yaml': badRig })
    expect(result?.kind).toBe('s1rig/rig/1')
    expect(result?.problems.map(formatProblem).join('\n')).toBe(badRigReport)
  })

  it('lists the known kinds when the schema line is missing or unknown', () => {
    const results = validate({
      'a.yaml': 'name: x\n',
      'b.yaml': '# rig\nschema: s1rig/rig/2\n',
      'c.yaml': 'schema: 7\n',
    })
    expect(results.flatMap(result => result.problems).map(formatProblem)).toEqual([
      'a.yaml:1:1 /schema: expected the line `schema:` to name one of s1rig/firmware-profile/1, s1rig/shapes/1, s1rig/rig/1, found none [file.kind]',
      'b.yaml:2:9 /schema: expected the line `schema:` to name one of s1rig/firmware-profile/1, s1rig/shapes/1, s1rig/rig/1, found "s1rig/rig/2" (did you mean "s1rig/rig/1"?) [file.kind]',
      'c.yaml:1:9 /schema: expected the line `schema:` to name one of s1rig/firmware-profile/1, s1rig/shapes/1, s1rig/rig/1, found the number 7 [file.kind]',
    ])
    expect(results.map(result => result.kind)).toEqual([undefined, undefined, undefined])
  })

  it('hands files of further kinds to their own check', () => {
    const problem = { code: 'x.y', file: 'g.yaml', line: 3, column: 1, pointer: '/steps', message: 'no steps' }
    const kinds = {
      's1rig/group/1': (_file: string, text: string) => {
        if (!text.includes('steps')) throw new FileError([problem])
      },
    }
    const files = { 'g.yaml': 'schema: s1rig/group/1\n', 'h.yaml': 'schema: s1rig/group/1\nsteps: []\n' }
    expect(validate(files, kinds)).toEqual([
      { file: 'g.yaml', kind: 's1rig/group/1', problems: [problem] },
      { file: 'h.yaml', kind: 's1rig/group/1', problems: [] },
    ])
  })

  it('goes on after a file that cannot be read', () => {
    const results = validateFiles(
      ['none.yaml', 's.yaml'],
      rigDeps({ 's.yaml': 'schema: s1rig/shapes/1\nshapes: {}\n' }),
    )
    expect(results.map(({ kind, problems }) => [kind, problems.map(formatProblem)])).toEqual([
      [undefined, ['none.yaml:1:1 /: expected a file that can be read, found none [file.missing]']],
      ['s1rig/shapes/1', []],
    ])
  })

  it('checks a firmware-profile with what it extends beside it', () => {
    const bad = 'schema: s1rig/firmware-profile/1\ndevice: CAD\nextends: acme/eye/1.0\nhan: { sleepy: maybe }\n'
    const [result] = validate({
      'x/acme/eye/1.1.yaml': bad,
      'x/acme/eye/1.0.yaml': 'schema: s1rig/firmware-profile/1\n',
    })
    expect(result?.problems.map(formatProblem)).toEqual([
      'x/acme/eye/1.1.yaml:4:16 /han/sleepy: expected a mapping, found "maybe" [schema.type]',
      'x/acme/eye/1.0.yaml:1:1 /device: expected the key "device" (one of CHF, ESME, GSME, PPMID, IHD, CAD), found none [schema.missing]',
    ])
  })
})
