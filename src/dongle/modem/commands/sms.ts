/** Short messages: how a sleeping hub is woken. @source 3GPP TS 27.005 */
import { WireError } from '../../../base/errors.ts'
import type { SmsRefusal } from '../../../ports/wan.ts'
import { formatParameters, numberOf, textOf } from '../../../wire/at/parameters.ts'
import type { CmsError } from '../../../wire/at/result-codes.ts'
import { decodeSubmit, encodeDeliver, fitsOneMessage, INTERNATIONAL } from '../../../wire/at/sms-pdu.ts'
import { SMS_PLACES, type StoredMessage } from '../message-store.ts'
import { cms, done, INCORRECT, type Reply } from '../reply.ts'
import { type Arrived, type CommandRow, type CommandTable, keeps, toStamp, type Works } from '../works.ts'

/** @source 3GPP TS 24.011, annex E, for the first two; assumed which the others become */
const REFUSED: Readonly<Record<SmsRefusal, CmsError>> = {
  'no-number': 1,
  barred: 10,
  congestion: 42,
  'too-long': 305,
  'no-service': 331,
}

/** First octet of an arrived message. */
const DELIVER = 4

/** Which messages +CMGL lists, as text and as PDU mode names them. Drafts there are none. */
const LISTED: Readonly<Record<string, (message: StoredMessage) => boolean>> = {
  'REC UNREAD': message => !message.read,
  'REC READ': message => message.read,
  'STO UNSENT': () => false,
  'STO SENT': () => false,
  ALL: () => true,
}
const LISTED_NAMES = Object.keys(LISTED)

const isText = ({ settings }: Works): boolean => settings.get('+CMGF') === 1
const statusOf = (works: Works, { read }: StoredMessage): number | string =>
  isText(works) ? (read ? 'REC READ' : 'REC UNREAD') : read ? 1 : 0

/** One message, head and body. `listed`: in a list fewer details are told. */
function told(
  works: Works,
  message: Arrived,
  { head, listed = false }: { head: readonly (number | string)[]; listed?: boolean },
): string[] {
  const { from, text, atUnixMs } = message
  if (!isText(works)) {
    const { hex, length } = encodeDeliver({ serviceCentre: works.smsCentre, from, text, atUnixMs })
    return [formatParameters([...head, undefined, length]), hex]
  }
  const shown = [...head, `+${from}`, undefined, toStamp(atUnixMs)]
  const centre = [DELIVER, 0, 0, `+${works.smsCentre}`, INTERNATIONAL]
  const more = [INTERNATIONAL, ...(listed ? [] : centre), text.length]
  return [formatParameters(works.settings.get('+CSDH') === 1 ? [...shown, ...more] : shown), oneLine(text)]
}

/** What would end the answer is shown as a space. */
const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ')

/** How an arriving message is told, by +CNMI; nothing with mode 0. */
export function arrivalWords(works: Works, message: Arrived): string[] {
  const mode = works.settings.get('+CNMI')
  if (mode === 1 && message.index !== undefined) return [`+CMTI: "SM",${message.index}`]
  if (mode !== 2) return []
  const [head = '', body = ''] = told(works, message, { head: [] })
  return [`+CMT: ${head}`, body]
}

function seen(works: Works, messages: readonly StoredMessage[], name: '+CMGL' | '+CMGR'): Reply {
  const listed = name === '+CMGL'
  const lines = messages.flatMap(message => {
    const status = statusOf(works, message)
    const head = listed ? [message.index, status] : [status]
    const [first = '', body = ''] = told(works, message, { head, listed })
    return [`${name}: ${first}`, body]
  })
  for (const message of messages) message.read = true
  return done(...lines)
}

function list(works: Works, wanted: string | number | undefined): Reply {
  const name = typeof wanted === 'number' ? LISTED_NAMES[wanted] : (wanted ?? LISTED_NAMES[0])
  const filter = name === undefined || !Object.hasOwn(LISTED, name) ? undefined : LISTED[name]
  if (!filter) return cms(isText(works) ? 305 : 304)
  return seen(works, works.store.list().filter(filter), '+CMGL')
}

function remove(works: Works, index: number | undefined, flag: number): Reply {
  const { store } = works
  if (index === undefined || flag > 4) return cms(305)
  if (flag === 0) {
    if (!store.remove(index)) return cms(321)
  } else {
    // Read ones; with 4 all. @source 3GPP TS 27.005, 3.5.4
    for (const message of store.list()) if (message.read || flag === 4) store.remove(message.index)
  }
  works.sms.ready()
  return done()
}

function send(works: Works, to: string, text: string): Reply {
  if (works.cellular.registration !== 'home') return cms(331)
  if (!fitsOneMessage(text)) return cms(305)
  const refused = works.sms.send(to.replace(/^\+/, ''), text)
  if (refused) return cms(REFUSED[refused])
  works.messagesSent++
  return done(`+CMGS: ${works.messagesSent % 256}`)
}

const memory = (works: Works): string => `"SM",${works.store.used},${SMS_PLACES}`

const messages: Pick<CommandRow, 'needsSim'> = { needsSim: 'messages' }

export const SMS: CommandTable = {
  '+CMGF': keeps('+CMGF'),
  '+CSDH': keeps('+CSDH'),
  '+CSMS': {
    read: () => done('+CSMS: 0,1,1,0'),
    test: () => done('+CSMS: (0)'),
    set: (_works, [service]) => (numberOf(service) === 0 ? done('+CSMS: 1,1,0') : cms(303)),
  },
  '+CPMS': {
    ...messages,
    read: works => done(`+CPMS: ${[memory(works), memory(works), memory(works)].join(',')}`),
    test: () => done('+CPMS: ("SM"),("SM"),("SM")'),
    set: (works, names) =>
      names.length <= 3 && names.every(name => name === undefined || textOf(name) === 'SM')
        ? done(`+CPMS: ${[1, 2, 3].map(() => `${works.store.used},${SMS_PLACES}`).join(',')}`)
        : cms(302),
  },
  '+CSCA': {
    ...messages,
    read: ({ smsCentre }) => done(`+CSCA: "+${smsCentre}",145`),
    set(works, [address]) {
      const digits = /^\+?(\d{3,15})$/.exec(textOf(address) ?? '')?.[1]
      if (digits === undefined) return cms(305)
      works.smsCentre = digits
      return done()
    },
  },
  '+CSMP': {
    read: () => done('+CSMP: 17,167,0,0'),
    set: (_works, values) => (values.length <= 4 ? done() : INCORRECT),
  },
  '+CNMI': {
    read: ({ settings }) => done(`+CNMI: ${settings.get('+CNMI') === 0 ? 0 : 2},${settings.get('+CNMI')},0,0,0`),
    test: () => done('+CNMI: (0-2),(0-2),(0,2),(0,1),(0,1)'),
    // With mode 0 nothing is told. Broadcasts and delivery reports may be asked for, as gammu insists; none ever come.
    set({ settings }, [mode, arriving, broadcasts, ...others]) {
      const told = numberOf(mode ?? { text: '0', quoted: false })
      const how = arriving === undefined ? 0 : numberOf(arriving)
      if (told === undefined || told > 2 || how === undefined || how > 2) return cms(305)
      if (broadcasts !== undefined && ![0, 2].includes(numberOf(broadcasts) ?? 9)) return cms(303)
      if (others.length > 2 || others.some(value => value !== undefined && (numberOf(value) ?? 9) > 1)) return cms(303)
      settings.set('+CNMI', told === 0 ? 0 : how)
      return done()
    },
  },
  '+CMGS': {
    ...messages,
    test: () => done(),
    set(works, [first, type]) {
      if (isText(works)) {
        const to = textOf(first) ?? ''
        if (!/^\+?\d{1,20}$/.test(to) || (type !== undefined && numberOf(type) === undefined)) return cms(305)
        return { is: 'prompt', take: text => (text === undefined ? done() : send(works, to, text)) }
      }
      const length = numberOf(first)
      if (length === undefined) return cms(304)
      return {
        is: 'prompt',
        take: text => {
          if (text === undefined) return done()
          try {
            const message = decodeSubmit(text.trim(), length)
            return send(works, message.to, message.text)
          } catch (error) {
            if (!(error instanceof WireError)) throw error
            return cms(304)
          }
        },
      }
    },
  },
  '+CMGL': {
    ...messages,
    execute: works => list(works, isText(works) ? undefined : 0),
    test: works => done(`+CMGL: ${isText(works) ? `(${LISTED_NAMES.map(name => `"${name}"`).join(',')})` : '(0-4)'}`),
    set: (works, [which]) => list(works, isText(works) ? textOf(which) : (numberOf(which) ?? -1)),
  },
  '+CMGR': {
    ...messages,
    set(works, [index]) {
      const message = works.store.get(numberOf(index) ?? 0)
      return message ? seen(works, [message], '+CMGR') : cms(321)
    },
  },
  '+CMGD': {
    ...messages,
    test: ({ store }) =>
      done(
        `+CMGD: (${store
          .list()
          .map(({ index }) => index)
          .join(',')}),(0-4)`,
      ),
    set: (works, [index, flag]) => remove(works, numberOf(index), flag === undefined ? 0 : (numberOf(flag) ?? 9)),
  },
}
