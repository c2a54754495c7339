/** What carries out the commands of a host. */
import type { CallbackName, CallbackOf } from '../../wire/ezsp/callbacks.ts'
import type { CommandName, CommandOf, ResponseOf } from '../../wire/ezsp/commands.ts'

/** One for each command. Must not throw, whatever the host says. */
export type Handlers = { [N in CommandName]: (command: CommandOf<N>) => ResponseOf<N> }

/** Tells the host something unasked, after the answer that is under way. */
export type CallBack = <N extends CallbackName>(name: N, value: CallbackOf<N>) => void
