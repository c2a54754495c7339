/** Many homes of one kind: a rig file with as many as wanted, and what an SMSO has to know of each to speak to its hub. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'

/** A home as the SMSO has it in its books. */
export interface HomeInBooks {
  id: string
  ip: string
  hub: Eui64
  esme: Eui64
}

export interface Fleet {
  /** Path of the rig file. */
  file: string
  homes: readonly HomeInBooks[]
  /** The SMSO's test key to every hub. */
  smsoKey: Uint8Array
}

interface Template {
  mpan: string
  han: object
  sim: { imsi: string; iccid: string; msisdn: string }
  devices: { type: string }[]
}

/** The electricity-only home, `count` times over with identities of its own (at most 10000), written into a folder. */
export function writeFleet(folder: string, count: number, han: object = {}): Fleet {
  const rig = parse(readFileSync('rigs/cb-electricity-only.yaml', 'utf8'))
  const [template]: Template[] = rig.installations
  if (!template) throw new Error('the rig has no home')
  const file = join(folder, `fleet-${count}.yaml`)
  const all = Array.from({ length: count }, (_, n) => homeOf(template, n, han))
  writeFileSync(file, stringify({ ...rig, name: 'fleet', installations: all }, { aliasDuplicateObjects: false }))
  return { file, homes: all.map(inBooks), smsoKey: fromHex(rig.testKeys.smso) }
}

function homeOf({ mpan, han, sim, devices, ...rest }: Template, n: number, otherHan: object) {
  const digits = (text: string) => text.slice(0, -4) + String(n).padStart(4, '0')
  return {
    ...rest,
    id: `home-${n}`,
    mpan: digits(mpan),
    han: { ...han, ...otherHan },
    sim: {
      ...sim,
      ...{ imsi: digits(sim.imsi), iccid: digits(sim.iccid), msisdn: digits(sim.msisdn) },
      addresses: { newcastle: `10.20.${1 + Math.floor(n / 250)}.${1 + (n % 250)}` },
    },
    devices: devices.map((device, d) => ({
      ...device,
      deviceId: `00db12${String(n).padStart(6, '0')}00${String(d).padStart(2, '0')}`,
    })),
  }
}

function inBooks({ id, sim, devices }: ReturnType<typeof homeOf>): HomeInBooks {
  const deviceOf = (type: string): Eui64 => devices.find(device => device.type === type)?.deviceId ?? ''
  return { id, ip: sim.addresses.newcastle, hub: deviceOf('CHF'), esme: deviceOf('ESME') }
}
