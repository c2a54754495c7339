import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/base/errors.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { problemsOf, rigDeps } from './profiles-bench.ts'

const FILE = 'rigs/bench-cb.yaml'
const written = readFileSync(FILE, 'utf8')
const bench = written.replaceAll(/^ *#.*\n/gm, '')
const load = (text: string) => loadRig('x/rigs/r.yaml', rigDeps({ 'x/rigs/r.yaml': text }))
const RCP = 'usb-bench-rcp-if00'

/** The bench with changes, each of which must apply. */
function changed(...changes: readonly (readonly [string | RegExp, string])[]): string {
  return changes.reduce((text, [what, into]) => {
    const next = text.replace(what, into)
    expect(next).not.toBe(text)
    return next
  }, bench)
}
/** What a text is refused with: place without line, message and code. */
const refused = (text: string): string[] =>
  problemsOf(() => load(text)).map(problem =>
    formatProblem(problem).replace(/^\S+ /, '').replaceAll('/installations/0', ''),
  )

describe('a bench', () => {
  it('says which parts are hardware, how their power is cut, and what each stick carries', () => {
    const [one] = load(written).installations
    expect(one?.devices.chf.kind).toBe('emulated')
    expect(one?.devices.esme).toMatchObject({
      kind: 'real',
      profile: { device: 'ESME' },
      power: { off: ['usbrelay', 'BENCH_1=0'], on: ['usbrelay', 'BENCH_1=1'] },
    })
    expect(one?.devices.gsme).toMatchObject({ kind: 'real' })
    expect(one?.sticks).toEqual([
      { id: 'rcp', driver: 'spinel', link: `serial:/dev/serial/by-id/${RCP}?baud=460800`, carries: 'hub' },
      { id: 'ear', driver: 'spinel', link: expect.stringContaining('usb-bench-ear'), carries: 'nothing' },
    ])
  })

  it('may have a real hub before which emulated meters stand, each on a stick', () => {
    const text = changed(
      ['{ type: CHF,', '{ type: CHF, kind: real,'],
      [/ {8}kind: real\n/, ''],
      [/ {8}power: .*\n/, ''],
      ['carries: hub', 'carries: esme'],
    )
    expect(load(text).installations[0]?.sticks[0]?.carries).toBe('esme')
  })

  it('may be all hardware, with a stick that listens or none', () => {
    const real = changed(['{ type: CHF,', '{ type: CHF, kind: real,'], [/ {6}- id: rcp\n(?: {8}.*\n)*/, ''])
    expect(load(real).installations[0]?.sticks).toHaveLength(1)
    expect(load(real.replace(/ {4}sticks:\n.*/s, '')).installations[0]?.sticks).toEqual([])
  })

  it('has a coordinator stick by any driver for its hub', () => {
    for (const driver of ['ember', 'zstack', 'deconz', 'zigate', 'zboss']) {
      expect(load(changed(['driver: spinel', `driver: ${driver}`])).installations[0]?.sticks[0]?.driver).toBe(driver)
    }
  })
})

describe('a bench is refused', () => {
  it.each([
    [
      'where an emulated part is on no stick',
      changed([/( {6}- type: GSME\n) {8}kind: real\n/, '$1']),
      [
        '/devices/3: expected a stick that carries gsme, or kind: real, found neither: esme is real, hub is on stick rcp (what is emulated stands on real air through a stick of its own) [real-part]',
      ],
    ],
    [
      'where real meters have no stick that our hub is on',
      changed(['carries: hub', 'carries: nothing'], [/ {6}- id: ear\n(?: {8}.*\n)*/, '']),
      [
        '/devices/0: expected a stick that carries hub, or kind: real, found neither: esme is real, gsme is real (what is emulated stands on real air through a stick of its own) [real-part]',
      ],
    ],
    [
      'where a stick carries hardware',
      changed(['carries: nothing', 'carries: esme']),
      [
        '/sticks/1/carries: expected an emulated part, found esme, which is real (a real part has a radio of its own) [stick]',
      ],
    ],
    [
      'where a stick carries what is not installed',
      changed(['carries: nothing', 'carries: ppmid']),
      [
        '/sticks/1/carries: expected a part of this installation, found "ppmid", which it has not (installed: hub, esme, gsme) [stick]',
      ],
    ],
    [
      'where two sticks carry one part',
      changed(['carries: nothing', 'carries: chf']),
      ['/sticks/1/carries: expected one stick that carries hub, found rcp and ear [stick]'],
    ],
    [
      'where a coordinator is to carry something else or to listen',
      changed([/driver: spinel\n(.*\n.*nothing)/, 'driver: ember\n$1']),
      [
        '/sticks/1/carries: expected a stick of driver ember to carry the hub, found "nothing" (it is a coordinator with a stack of its own; spinel carries any part, and can listen) [stick]',
      ],
    ],
    [
      'where a stick listens to a simulated air',
      changed(
        [/ {6}- id: rcp\n(?: {8}.*\n)*/, ''],
        [/ {8}kind: real\n/, ''],
        [/ {8}kind: real\n/, ''],
        [/ {8}power.*\n/, ''],
      ),
      [
        '/sticks/0: expected a part on real air for stick ear to listen to, found none (what is on a simulated air is captured anyway) [stick]',
      ],
    ],
    [
      'where real air is told how parts hear each other',
      changed(['channel: 20', 'channel: 20, loss: 0.1, rssiDbm: -70']),
      [
        '/han/loss: expected no loss on real air, found some (nobody decides what real radios hear; remove it) [stick]',
        '/han/rssiDbm: expected no rssiDbm on real air, found some (nobody decides what real radios hear; remove it) [stick]',
      ],
    ],
    [
      'where its HAN is in memory',
      changed(['panId:', 'kind: aps, panId:']),
      [
        '/han/kind: expected a HAN on the air (kind: radio) for real parts and sticks, found one in memory (remove `kind`) [stick]',
      ],
    ],
    [
      'where an emulated part has a relay',
      changed(['{ type: CHF,', '{ type: CHF, power: { off: [a], on: [b] },']),
      [
        '/devices/0/power: expected no power for an emulated part, found some (a fault such as gsme.off=2h switches an emulated part; remove `power`, or say kind: real) [real-part]',
      ],
    ],
    [
      'where the GPF is to be real by itself',
      changed(['{ type: GPF,', '{ type: GPF, kind: real,']),
      [
        '/devices/1/kind: expected no kind: the GPF is part of the hub, and real where the CHF is, found "real" [schema.type]',
      ],
    ],
    [
      'where one line is plugged into two sticks, whatever its settings',
      changed([/usb-bench-ear-if00\?baud=460800/, `${RCP}?baud=115200`]),
      [
        `/sticks/1/link: expected the line /dev/serial/by-id/${RCP} once in a rig, found it at /sticks/0/link too [unique]`,
      ],
    ],
    [
      'where two sticks have one name',
      changed(['id: ear', 'id: rcp']),
      ['/sticks/1/id: expected one stick called "rcp" in an installation [unique]'],
    ],
    [
      'where a line is misspelt',
      changed(['link: "serial:', 'link: "seral:']),
      [
        `/sticks/0/link: no line "seral:/dev/serial/by-id/${RCP}?baud=460800"; did you mean "serial:/dev/serial/by-id/${RCP}?baud=460800"? [stick]`,
      ],
    ],
    [
      'where a driver cannot open its line',
      changed([/serial:\S+rcp-if00\?baud=460800/, 'pty:/tmp/stick'], ['driver: spinel', 'driver: zstack']),
      [
        '/sticks/0/link: expected tcp://HOST:PORT or serial:/DEVICE for a stick of driver zstack, found "pty:/tmp/stick" (its driver opens the line itself) [stick]',
      ],
    ],
    [
      'where a kind or a driver is misspelt',
      changed(['kind: real', 'kind: rael'], ['driver: spinel', 'driver: embre']),
      [
        '/devices/2/kind: expected one of emulated, real, found "rael" (did you mean "real"?) [schema.value]',
        '/sticks/0/driver: expected one of spinel, ember, zstack, deconz, zigate, zboss, found "embre" (did you mean "ember"?) [schema.value]',
      ],
    ],
    [
      'where its modem stands before a real hub',
      changed(
        ['{ type: CHF,', '{ type: CHF, kind: real,'],
        ['carries: hub', 'carries: nothing'],
        [/ {6}- id: ear\n(?: {8}.*\n)*/, ''],
        ['    sticks:', '    modem: { link: "tcp://127.0.0.1:6639" }\n    sticks:'],
      ),
      [
        '/modem: expected no modem for a real hub, found one (a real hub has a modem of its own; remove `modem`) [modem]',
      ],
    ],
    [
      'where the line of its modem is misspelt',
      changed(['    sticks:', '    modem: { link: "tpc://127.0.0.1:6639" }\n    sticks:']),
      ['/modem/link: no line "tpc://127.0.0.1:6639"; did you mean "tcp://127.0.0.1:6639"? [modem]'],
    ],
    [
      'where its modem is on the line of a stick',
      changed(['    sticks:', `    modem: { link: "serial:/dev/serial/by-id/${RCP}" }\n    sticks:`]),
      [
        `/modem/link: expected the line /dev/serial/by-id/${RCP} once in a rig, found it at /sticks/0/link too [unique]`,
      ],
    ],
    [
      "where it has raw ports that are none of a real hub on the lab's network",
      changed([
        '    sticks:',
        '    raw: [{ name: a, to: "tcp://8.8.8.8:53" }, { name: a, to: "tcp://127.0.0.1:22" }]\n    sticks:',
      ]),
      [
        '/raw: expected no raw ports of an emulated hub, found some (an emulated hub has no port on the network; say kind: real, or remove `raw`) [raw-port]',
        '/raw/0/to: "tcp://8.8.8.8:53": a private address expected, such as 192.168.7.20; 8.8.8.8 is none of a lab\'s network [raw-port]',
        '/raw/1/name: expected one raw port called "a" in an installation [unique]',
        "/raw/1/to: expected an address on the lab's network, found tcp://127.0.0.1:22 of this machine (what listens on this machine is seldom a hub; say loopback: true if it is) [raw-port]",
      ],
    ],
    [
      'where a relay is a command line for a shell',
      changed([/off: \[.*?\]/, 'off: usbrelay BENCH_1=0']),
      ['/devices/2/power/off: expected a list, found "usbrelay BENCH_1=0" [schema.type]'],
    ],
  ])('%s', (_, text, told) => {
    expect(refused(text)).toEqual(told)
  })
})
