/** A device of ZigBee 3.0 asks the trust centre of a network processor for a link key of its own. */
import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { verifyKeyHash, WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import { type HeardCommand, PLUG, ProcessorHome, STICK } from '../helpers/processor-home.ts'

/** A plug that has joined with the well-known key, and the commands it hears. */
function newcomer() {
  const home = new ProcessorHome()
  const stick = home.stick()
  const plug = home.joined(PLUG)
  const { heard, layers } = plug.node
  const { aps, linkKeys } = layers
  heard.length = 0
  const request = () => {
    aps.sendCommand(0, STICK, { name: 'RequestKey', keyType: 'trust-centre-link' }, { key: 'data' })
    home.run(seconds(1))
    const transported = heard.findLast(command => command.name === 'TransportKey')
    if (transported?.keyType !== 'trust-centre-link') throw new Error('no link key came')
    return transported
  }
  const verify = (hash: Uint8Array) => {
    aps.sendCommand(0, STICK, { name: 'VerifyKey', keyType: 'trust-centre-link', source: PLUG, hash }, { key: 'none' })
    home.run(seconds(1))
  }
  return { home, stick, plug, heard, linkKeys, request, verify }
}
const confirmations = (heard: readonly HeardCommand[]) => heard.filter(({ name }) => name === 'ConfirmKey')
describe('a link key of its own', () => {
  it('is handed out under the key of before, proved, and confirmed under itself', () => {
    const { heard, linkKeys, request, verify } = newcomer()
    const { key, destination, source, how } = request()
    expect([destination, source, how.protectedBy]).toEqual([PLUG, STICK, 'key-load'])
    expect(key).not.toEqual(WELL_KNOWN_LINK_KEY)
    linkKeys.succeed(STICK, key)
    verify(verifyKeyHash(key))
    expect(confirmations(heard)).toMatchObject([
      {
        status: 0,
        keyType: 'trust-centre-link',
        destination: PLUG,
        how: { protectedBy: 'data', keyState: 'verified' },
      },
    ])
  })
  it('is the same again while it has not been proved, and another after that', () => {
    const { linkKeys, request, verify } = newcomer()
    const first = request().key
    expect(request().key).toEqual(first)
    linkKeys.succeed(STICK, first)
    verify(verifyKeyHash(first))
    expect(request().key).not.toEqual(first)
  })
  it('does not count where the proof is wrong', () => {
    const { heard, request, verify } = newcomer()
    const { key } = request()
    verify(verifyKeyHash(Uint8Array.from(WELL_KNOWN_LINK_KEY)))
    expect(confirmations(heard)).toMatchObject([{ status: 0xad, how: { keyState: 'preconfigured' } }])
    expect(request().key).toEqual(key)
  })
  it('can be asked for anew by a device that missed the confirmation', () => {
    const { heard, linkKeys, request, verify } = newcomer()
    // It proves the key, and goes on with the one of before.
    verify(verifyKeyHash(request().key))
    expect(confirmations(heard)).toEqual([])
    const { key } = request()
    linkKeys.succeed(STICK, key)
    verify(verifyKeyHash(key))
    expect(confirmations(heard)).toMatchObject([{ status: 0 }])
  })
  it('is not handed out to who asks without protection', () => {
    const { home, plug, heard } = newcomer()
    const { aps } = plug.node.layers
    aps.sendCommand(0, STICK, { name: 'RequestKey', keyType: 'trust-centre-link' }, { key: 'none' })
    home.run(seconds(2))
    expect(heard).toEqual([])
  })
  it('is what the device comes back with when it has missed a network key', () => {
    const { home, stick, plug, heard, linkKeys, request, verify } = newcomer()
    const { key } = request()
    linkKeys.succeed(STICK, key)
    verify(verifyKeyHash(key))
    stick.processor.forgetKeys()
    heard.length = 0
    const { nwk } = plug.node.layers
    nwk.keys.restore({ active: { key: '00'.repeat(16), sequence: 9 }, outgoing: 0, incoming: [] })
    plug.node.join(Uint8Array.of())
    home.until(() => plug.node.joined && nwk.keys.current?.sequence === 0)
    expect(heard).toMatchObject([
      { name: 'TransportKey', keyType: 'network', how: { protectedBy: 'key-transport', keyState: 'verified' } },
    ])
    expect(stick.arrivals.at(-1)).toMatchObject({ device: PLUG, parent: 0, how: 'trust-centre-rejoin' })
  })
  it('is forgotten when the device leaves: it joins anew with the key of the box', () => {
    const { home, stick, plug, linkKeys, request, verify } = newcomer()
    const { key } = request()
    linkKeys.succeed(STICK, key)
    verify(verifyKeyHash(key))
    plug.node.leave()
    home.until(() => plug.told.at(-1) === 'left')
    home.join(plug)
    expect(plug.told.at(-1)).toBe('joined')
    expect(stick.told.slice(1)).toEqual([`joined: ${PLUG}`, `gone: ${PLUG}`, `joined: ${PLUG}`])
  })
})
