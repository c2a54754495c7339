/** The packet domain: access points, sessions, addresses. @source 3GPP TS 27.007, 10.1 */
import { type AtParameter, formatParameters, numberOf, textOf } from '../../../wire/at/parameters.ts'
import { MOST_CONTEXTS } from '../cellular.ts'
import { cme, done, INCORRECT, type Reply } from '../reply.ts'
import { type CommandTable, keeps, type Works } from '../works.ts'

/** A domain name of labels. @source 3GPP TS 23.003, 9.1 */
const APN = /^(?=.{1,100}$)[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/
const CONTEXTS = `(1-${MOST_CONTEXTS})`
/** None, PAP, CHAP. */
const AUTH_TYPES = [0, 1, 2]
const LONGEST_CREDENTIAL = 64

function cidOf(parameter: AtParameter): number | undefined {
  const cid = numberOf(parameter)
  return cid !== undefined && cid >= 1 && cid <= MOST_CONTEXTS ? cid : undefined
}

const defined = ({ cellular }: Works): number[] => [...cellular.contexts.keys()].sort((a, b) => a - b)

/** Those that are named; all that are defined where none is. Undefined when one is no context. */
function cidsOf(works: Works, parameters: readonly AtParameter[]): number[] | undefined {
  const named = parameters.length === 0 ? defined(works) : parameters.map(cidOf)
  return named.every(cid => cid !== undefined) ? named : undefined
}

const finished = (error: Parameters<typeof cme>[0] | undefined): Reply => (error === undefined ? done() : cme(error))

export const PACKET: CommandTable = {
  '+CGDCONT': {
    read: works =>
      done(
        ...defined(works).map(cid => {
          const apn = works.cellular.contexts.get(cid)?.apn ?? ''
          const { session } = works.cellular
          return `+CGDCONT: ${formatParameters([cid, 'IP', apn, session?.cid === cid ? session.ip : '', 0, 0])}`
        }),
      ),
    test: () => done(`+CGDCONT: ${CONTEXTS},"IP",,,(0),(0)`),
    set({ cellular }, [number, type, apn, ...rest]) {
      const cid = cidOf(number)
      if (cid === undefined) return INCORRECT
      // What is in use stays as it is.
      if (cellular.session?.cid === cid) return cme(3)
      if (type === undefined) {
        cellular.contexts.delete(cid)
        return done()
      }
      if (textOf(type)?.toUpperCase() !== 'IP') return cme(128)
      const name = textOf(apn) ?? ''
      // Static addresses are the network's to give; compression there is none.
      if (!APN.test(name) || rest.slice(1).some(value => value !== undefined && numberOf(value) !== 0)) return INCORRECT
      cellular.contexts.set(cid, { apn: name, auth: cellular.contexts.get(cid)?.auth })
      return done()
    },
  },
  '+CGAUTH': {
    read: works =>
      done(
        ...defined(works).flatMap(cid => {
          const auth = works.cellular.contexts.get(cid)?.auth
          // The password is not shown.
          return auth ? [`+CGAUTH: ${formatParameters([cid, auth.type, auth.user])}`] : []
        }),
      ),
    test: () => done(`+CGAUTH: ${CONTEXTS},(${AUTH_TYPES.join(',')}),${LONGEST_CREDENTIAL},${LONGEST_CREDENTIAL}`),
    set({ cellular }, [number, authType, userName, pass]) {
      const context = cellular.contexts.get(cidOf(number) ?? 0)
      if (!context) return INCORRECT
      const type = authType === undefined ? 0 : numberOf(authType)
      const user = textOf(userName) ?? ''
      const password = textOf(pass) ?? ''
      if (type === undefined || !AUTH_TYPES.includes(type)) return INCORRECT
      if (user.length > LONGEST_CREDENTIAL || password.length > LONGEST_CREDENTIAL) return INCORRECT
      context.auth = type === 0 ? undefined : { type, user, password }
      return done()
    },
  },
  '+CGATT': {
    needsSim: 'equipment',
    read: ({ cellular }) => done(`+CGATT: ${cellular.packetAttached ? 1 : 0}`),
    test: () => done('+CGATT: (0,1)'),
    set({ cellular }, [wanted]) {
      const state = numberOf(wanted)
      if (state === 1) return { is: 'later', begin: finish => cellular.attach(error => finish(finished(error))) }
      if (state !== 0) return INCORRECT
      cellular.detach()
      return done()
    },
  },
  '+CGACT': {
    needsSim: 'equipment',
    read: works => done(...defined(works).map(cid => `+CGACT: ${cid},${works.cellular.session?.cid === cid ? 1 : 0}`)),
    test: () => done('+CGACT: (0,1)'),
    set(works, [wanted, ...named]) {
      const { cellular } = works
      const state = numberOf(wanted)
      const cids = cidsOf(works, named)
      if (!cids || (state !== 0 && state !== 1)) return INCORRECT
      if (state === 0) {
        if (cids.includes(cellular.session?.cid ?? 0)) cellular.deactivate()
        return done()
      }
      const [cid, ...more] = cids
      if (cid === undefined || more.length > 0) return cme(3)
      return {
        is: 'later',
        begin: finish =>
          cellular.activate(cid, error => {
            if (error !== undefined) works.lastTrouble = `context ${cid} was refused`
            finish(finished(error))
          }),
      }
    },
  },
  '+CGPADDR': {
    set: addresses,
    execute: works => addresses(works, []),
    test: works => done(`+CGPADDR: (${defined(works).join(',')})`),
  },
  '+CGEREP': {
    ...keeps('+CGEREP'),
    set: ({ settings }, [mode, buffer]) => {
      const kept = buffer === undefined || numberOf(buffer) === 0
      return kept && settings.set('+CGEREP', mode === undefined ? 0 : numberOf(mode)) ? done() : INCORRECT
    },
    read: ({ settings }) => done(`+CGEREP: ${settings.get('+CGEREP')},0`),
    test: () => done('+CGEREP: (0,1),(0)'),
  },
}

function addresses(works: Works, parameters: readonly AtParameter[]): Reply {
  const cids = cidsOf(works, parameters)
  if (!cids) return INCORRECT
  const { contexts, session } = works.cellular
  return done(
    ...cids
      .filter(cid => contexts.has(cid))
      .map(cid => `+CGPADDR: ${formatParameters([cid, session?.cid === cid ? session.ip : ''])}`),
  )
}
