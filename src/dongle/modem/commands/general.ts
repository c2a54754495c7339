/** What every modem has: echo, result codes, registers, profiles, what it is. @source ITU-T V.250; 3GPP TS 27.007, 5 and 8 */
import { ACCESS_TECHNOLOGY, toCsq } from '../../../wire/at/network.ts'
import { numberOf, textOf } from '../../../wire/at/parameters.ts'
import { FUNCTIONALITY } from '../cellular.ts'
import { cme, done, INCORRECT, result } from '../reply.ts'
import { isSetting, type SettingName, Settings } from '../settings.ts'
import { type CommandRow, type CommandTable, keeps, tells, toStamp, type Works } from '../works.ts'

/** Bare is 0. */
const basic = (name: SettingName): CommandRow => ({
  execute: ({ settings }) => (settings.set(name, 0) ? done() : result('ERROR')),
  set: ({ settings }, [value]) => (settings.set(name, numberOf(value)) ? done() : result('ERROR')),
})

const register = (name: SettingName): CommandRow => ({
  read: ({ settings }) => done(String(settings.get(name)).padStart(3, '0')),
  set: ({ settings }, [value]) => (settings.set(name, numberOf(value)) ? done() : result('ERROR')),
})

/** Speeds a terminal may name; a line of ours has none. 0: whatever it speaks. */
const SPEEDS = [0, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]
const STAMP = /^\d\d\/\d\d\/\d\d,\d\d:\d\d:\d\d(?:[+-]\d\d)?$/

const information: CommandRow = {
  execute: ({ facts }) => done(facts.manufacturer, facts.model, `Revision: ${facts.revision}`),
  // One profile of information and no other. @source V.250, 6.1.3: what the numbers tell is the maker's
  set: (works, [value]) => (numberOf(value) === 0 ? (information.execute?.(works) ?? done()) : result('ERROR')),
}

const restore = (from: (works: Works) => Settings): CommandRow => {
  const act = (works: Works) => {
    works.settings.assign(from(works))
    return done()
  }
  return { execute: act, set: (works, [value]) => (numberOf(value) === 0 ? act(works) : result('ERROR')) }
}

const ok: CommandRow = {
  execute: () => done(),
  set: (_works, [value]) => (numberOf(value) === 0 ? done() : result('ERROR')),
}
/** There is no call, and no data mode. */
const noCarrier = (works: Works) => {
  works.lastTrouble = 'no data mode: this modem carries no calls and no IP payload'
  return result('NO CARRIER')
}
const call: CommandRow = { execute: noCarrier, set: noCarrier }

export const GENERAL: CommandTable = {
  ...Object.fromEntries(
    ['E', 'Q', 'V', 'X', 'L', 'M', '&C', '&D', '&K', '&S'].filter(isSetting).map(name => [name, basic(name)]),
  ),
  ...Object.fromEntries(['S0', 'S3', 'S4', 'S5', 'S7'].filter(isSetting).map(name => [name, register(name)])),
  I: information,
  Z: restore(works => works.profile),
  '&F': restore(() => new Settings()),
  '&W': {
    execute: ({ settings, profile }) => {
      profile.assign(settings)
      return done()
    },
    set: ({ settings, profile }, [value]) => {
      if (numberOf(value) !== 0) return result('ERROR')
      profile.assign(settings)
      return done()
    },
  },
  H: ok,
  D: call,
  A: call,
  O: call,
  '+CHUP': { execute: () => done() },
  '+CEER': tells(({ lastTrouble }) => `+CEER: ${lastTrouble}`),

  '+CGMI': tells(({ facts }) => facts.manufacturer),
  '+GMI': tells(({ facts }) => facts.manufacturer),
  '+CGMM': tells(({ facts }) => facts.model),
  '+GMM': tells(({ facts }) => facts.model),
  '+CGMR': tells(({ facts }) => facts.revision),
  '+GMR': tells(({ facts }) => facts.revision),
  '+CGSN': tells(({ facts }) => facts.imei),
  '+GSN': tells(({ facts }) => facts.imei),
  '+GCAP': tells(({ facts }) => `+GCAP: ${facts.technology === 'lte' ? '+CGSM,+CLTE' : '+CGSM'}`),
  '+WS46': {
    read: ({ facts }) => done(facts.technology === 'lte' ? '28' : '12'),
    test: ({ facts }) => done(facts.technology === 'lte' ? '(28)' : '(12)'),
  },
  '+IPR': {
    read: () => done('+IPR: 0'),
    test: () => done(`+IPR: (${SPEEDS.join(',')})`),
    set: (_works, [speed]) => (SPEEDS.includes(numberOf(speed) ?? -1) ? done() : INCORRECT),
  },
  '+CMEE': keeps('+CMEE'),
  '+CPAS': { ...tells(() => '+CPAS: 0'), test: () => done('+CPAS: (0)') },
  '+CSCS': {
    read: () => done('+CSCS: "GSM"'),
    test: () => done('+CSCS: ("GSM","IRA")'),
    // In both the characters that are in both are the same. @source 3GPP TS 27.007, 5.5
    set: (_works, [name]) => (['GSM', 'IRA'].includes(textOf(name) ?? '') ? done() : INCORRECT),
  },
  '+CFUN': {
    read: ({ cellular }) => done(`+CFUN: ${cellular.functionality}`),
    test: () => done(`+CFUN: (${FUNCTIONALITY.join(',')}),(0-1)`),
    set({ cellular }, [wanted, reset]) {
      const power = FUNCTIONALITY.find(one => one === numberOf(wanted))
      const again = reset === undefined ? 0 : numberOf(reset)
      if (power === undefined || (again !== 0 && again !== 1)) return INCORRECT
      if (again === 1) return power === 1 ? { is: 'restart' } : cme(4)
      cellular.setFunctionality(power)
      return done()
    },
  },
  '+CCLK': {
    read: ({ clock, clockAheadMs }) => done(`+CCLK: "${toStamp(clock.unixMs() + clockAheadMs)}"`),
    set(works, [stamp]) {
      const text = textOf(stamp) ?? ''
      const quarters = Number(/[+-]\d\d$/.exec(text)?.[0] ?? 0)
      const [date = '', time = ''] = text.split(',')
      const atMs = Date.parse(`20${date.replaceAll('/', '-')}T${time.slice(0, 8)}Z`) - quarters * 900_000
      if (!STAMP.test(text) || Number.isNaN(atMs)) return INCORRECT
      works.clockAheadMs = atMs - works.clock.unixMs()
      return done()
    },
  },
  '+CSQ': {
    execute: ({ cellular }) => done(`+CSQ: ${toCsq(cellular.signalDbm)},99`),
    test: () => done('+CSQ: (0-31,99),(99)'),
  },
}

/** `<AcT>` of this modem. */
export const technologyOf = ({ facts }: Works): number => ACCESS_TECHNOLOGY[facts.technology]
