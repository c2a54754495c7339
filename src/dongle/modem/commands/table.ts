/** Every command the modem has. */
import type { CommandRow, CommandTable } from '../works.ts'
import { GENERAL } from './general.ts'
import { NETWORK } from './network.ts'
import { PACKET } from './packet.ts'
import { SMS } from './sms.ts'

const COMMANDS: CommandTable = {
  ...GENERAL,
  ...NETWORK,
  ...PACKET,
  ...SMS,
  // All of them, which any terminal may ask for first. @source 3GPP TS 27.007, 5.8
  '+CLAC': {
    execute: () => ({ is: 'done', lines: Object.keys(COMMANDS).map(name => `AT${name}`) }),
  },
}

/** Undefined where there is no such command. */
export const rowOf = (name: string): CommandRow | undefined =>
  Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
