/** What becomes of one command. */
import type { CmeError, CmsError, ResultCode } from '../../wire/at/result-codes.ts'

export type Reply =
  /** Information, a line each, then OK. */
  | { is: 'done'; lines: readonly string[] }
  /** Another end of the command line. */
  | { is: 'result'; code: Exclude<ResultCode, 'OK'> }
  | { is: 'refused'; by: 'equipment'; error: CmeError }
  | { is: 'refused'; by: 'messages'; error: CmsError }
  /** It takes its time; nothing else is carried out meanwhile. */
  | { is: 'later'; begin: (finish: (reply: Reply) => void) => void }
  /** The terminal is asked for a text; undefined: it thought better of it. */
  | { is: 'prompt'; take: (text: string | undefined) => Reply }
  /** Answered with OK, after which the modem restarts. */
  | { is: 'restart' }

export const done = (...lines: string[]): Reply => ({ is: 'done', lines })
export const cme = (error: CmeError): Reply => ({ is: 'refused', by: 'equipment', error })
export const cms = (error: CmsError): Reply => ({ is: 'refused', by: 'messages', error })
export const result = (code: Exclude<ResultCode, 'OK'>): Reply => ({ is: 'result', code })
/** Parameters that make no sense. */
export const INCORRECT = cme(50)
