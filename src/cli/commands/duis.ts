/** `s1rig duis [RIG]`: the DUIS door of a rig that is up at a broker. It runs until a signal. */
import { once } from 'node:events'
import { Command, Option } from 'commander'
import { UsageError } from '../../base/errors.ts'
import { type Eui64, parseEui64 } from '../../base/ids.ts'
import { Door, type DoorOptions } from '../../duis/door.ts'
import { HeadEnd } from '../../duis/head-end.ts'
import { headEndOf } from '../../duis/head-end-of.ts'
import { openHttpDoor } from '../../duis/http-server.ts'
import { inventoryOf } from '../../duis/inventory.ts'
import { MessageBox } from '../../duis/message-box.ts'
import type { Broker } from '../../ports/broker.ts'
import { type ChosenBroker, chooseBroker } from '../../rig/broker-choice.ts'
import { type Prepared, prepare } from '../../rig/prepare.ts'
import { isLoopback, parseListen } from '../../wan/broker/exposure.ts'
import { USER_ROLES, type UserRole } from '../../wan/service-catalogue.ts'
import {
  faultOption,
  jsonOption,
  loginsOption,
  option,
  readLogins,
  rigArgument,
  seedOption,
  stateOption,
  tlsOf,
  tlsOptions,
} from '../options.ts'
import { abortOnSignal } from '../signals.ts'
import { type Beside, type UpOptions, upBeside } from './up.ts'

interface DuisOptions extends UpOptions {
  listen: string
  user?: string[]
  within: number
}

export function duisCommand(): Command {
  const command = new Command('duis')
    .description('take DUIS service requests over HTTP: for a rig that is up at a broker, or for one brought up here')
    .addArgument(rigArgument())
    .addOption(option('--listen <host:port>', 'where to listen; port 0: any').default('127.0.0.1:0'))
    .addOption(
      option('--user <eui64=roles>', 'who may ask, e.g. 90-B3-D5-1F-30-01-00-00=IS,GS; repeatable; default: everybody')
        // biome-ignore format: one line
        .argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
    )
    .addOption(option('--within <seconds>', 'how long a hub may take to answer').default(3_600).argParser(secondsOf))
    .addOption(new Option('--insecure-lab', 'lets other machines in, in the clear and whoever they are'))
    .addOption(
      option(
        '--mqtt <url>',
        'broker at which the rig is up, mqtt[s]://[user:password@]host:port; default: it is brought up here',
      ),
    )
    .addOption(loginsOption())
    .addOption(seedOption())
    .addOption(option('--clock <mode>', 'of a rig brought up here: real or xN; default real'))
    .addOption(faultOption())
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(duis)
  for (const each of tlsOptions()) command.addOption(each)
  return command
}

async function duis(rigFile: string, options: DuisOptions): Promise<void> {
  const { listen, mqtt } = options
  const { host, port } = parseListen(listen, '--listen')
  if (!isLoopback(host) && !options.insecureLab) {
    throw new UsageError(`--listen ${listen}: a loopback address expected, or --insecure-lab for a network of your own`)
  }
  const users = options.user && new Map(options.user.map(userOf))
  const prepared = prepare({ rigFile, faults: [] })
  const open: Beside = ({ broker, login }) =>
    openDuis({
      prepared,
      broker,
      login,
      users,
      withinMs: 1_000 * options.within,
      http: { host, port },
      json: options.json,
    })
  if (mqtt === undefined) return upBeside(rigFile, options, open)
  const strays = (['clock', 'fault', 'state'] as const).filter(name => options[name] !== undefined)
  if (strays.length > 0) throw new UsageError(`--${strays[0]}: for a rig brought up here; with --mqtt it is up already`)
  const logins = options.logins === undefined ? undefined : readLogins(options.logins)
  const tls = tlsOf(options)
  const signal = abortOnSignal()
  const at = await chooseBroker({ url: mqtt, ...(tls && { tls }), ...(logins && { logins }) }, prepared.group.apns)
  const close = await open(at)
  if (!signal.aborted) await once(signal, 'abort')
  await close()
}

interface DuisDoor {
  prepared: Prepared
  broker: Broker
  login: ChosenBroker['login']
  users: DoorOptions['users']
  withinMs: number
  http: { host: string; port: number }
  json: boolean | undefined
}

/** Opens the door and says where it is; resolves to what closes it. */
async function openDuis({
  prepared,
  broker,
  login,
  users,
  withinMs,
  http: at,
  json,
}: DuisDoor): Promise<() => Promise<void>> {
  const { rig, group, parameters } = prepared
  const box = new MessageBox()
  const headEnd: HeadEnd = new HeadEnd({
    ...headEndOf({ rig, apns: group.apns, login }),
    broker,
    wakeMs: 1_000 * parameters['wan.sessionWithinS'],
    onAlert: (hub, alert) => door.alert(hub, alert),
  })
  const door = new Door({ headEnd, inventory: inventoryOf(rig), box, users, withinMs, now: Date.now })
  const onProblem = (text: string) => console.error(`s1rig: ${text}`)
  await headEnd.start()
  const http = await openHttpDoor({ ...at, door, box, onProblem })
  console.log(json ? JSON.stringify({ type: 'duis', url: http.url }) : `DUIS at ${http.url}; Ctrl-C stops`)
  return async () => {
    await http.close()
    door.close()
    await headEnd.end()
  }
}

/** @throws UsageError */
function userOf(text: string): [Eui64, readonly UserRole[]] {
  const [id = '', names = '', ...more] = text.split('=')
  const user = parseEui64(id)
  const roles = names.split(',').map(name => USER_ROLES.find(role => role === name))
  const known = roles.filter(role => role !== undefined)
  if (user !== undefined && known.length === roles.length && more.length === 0) return [user, known]
  throw new UsageError(`--user "${text}": EUI64=ROLE,ROLE with ${USER_ROLES.join(', ')} expected`)
}

function secondsOf(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 86_400) return value
  throw new UsageError(`--within "${text}": seconds, more than 0 and at most 86400, expected`)
}
