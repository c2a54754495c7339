import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { HubAttachment } from '../../src/wan/hub-attachment.ts'
import { from, HandLink, HUB, S1SP_KEY, SMSO_KEY, session } from './wan-session-bench.ts'

const alert = (n: number) => ({ code: '8F12', description: `alert ${n}`, atMs: n, device: HUB })

describe('a change of access point', () => {
  it('the answer leaves first, then the hub detaches, then it attaches on the new one', () => {
    const { link, hub, service, say, run } = session()
    service.answer = () => {
      hub.switchApn('elster')
      return { serviceReferenceVariant: 'S1RIG.SET_APN', code: 'I0', detail: '' }
    }
    say(from({ counter: 1 }))
    expect(hub.switchingApn).toBe(true)
    run(seconds(1.499))
    expect(link.log).toEqual(['send'])
    run(seconds(1))
    expect(link.log).toEqual(['send', 'detach', 'attach elster'])
    expect(hub.switchingApn).toBe(false)
  })

  it('what comes between order and detach is still answered', () => {
    const { hub, say, codes } = session()
    hub.switchApn('elster')
    say(from({ counter: 1 }))
    expect(codes()).toEqual(['I0'])
  })

  it('refused each time, it goes back to the one before after as many attempts as its profile says', () => {
    const { link, hub, run, events } = session({ attachAttempts: 3 })
    hub.switchApn('elster')
    run(seconds(2))
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(link.log.at(-1)).toBe('attach elster')
      link.refuse('elster')
      run(seconds(60))
    }
    expect(link.log).toEqual(['detach', 'attach elster', 'attach elster', 'attach elster', 'attach newcastle'])
    expect(hub.memory()).toMatchObject({ apn: 'newcastle' })
    expect(events.at(-1)).toEqual({
      kind: 'device.event',
      code: 'APN_FALLBACK',
      text: 'elster refused 3 times (plan); back to newcastle',
    })
  })

  it('without fallback it keeps trying the new one', () => {
    const { link, hub, run } = session({ apnFallback: false })
    hub.switchApn('elster')
    run(seconds(2))
    for (let attempt = 0; attempt < 50; attempt++) {
      link.refuse('elster')
      run(seconds(60))
    }
    expect(new Set(link.log.slice(1))).toEqual(new Set(['attach elster']))
    expect(link.log).toHaveLength(52)
    expect(hub.memory().apn).toBe('elster')
  })

  it('once attached there is no way back: a later refusal is tried again for ever', () => {
    const { link, hub, run } = session({ attachAttempts: 1 })
    hub.switchApn('elster')
    run(seconds(2))
    link.accept('elster')
    link.drop('plan')
    run(seconds(60))
    for (let i = 0; i < 5; i++) {
      link.refuse('elster')
      run(seconds(60))
    }
    expect(link.log.filter(entry => entry === 'attach newcastle')).toEqual([])
    expect(hub.memory().previousApn).toBeUndefined()
  })

  it('nothing else is tried after falling back to one that refuses as well', () => {
    const { link, hub, run } = session({ attachAttempts: 2 })
    hub.switchApn('elster')
    run(seconds(2))
    link.refuse('elster')
    run(seconds(60))
    link.refuse('elster')
    for (let i = 0; i < 5; i++) {
      link.refuse('newcastle')
      run(seconds(60))
    }
    expect(link.log.slice(3)).toEqual(Array(6).fill('attach newcastle'))
  })

  it('a hub that restarts in the middle of a move still knows the way back', () => {
    const { hub, kernel, run } = session()
    hub.switchApn('elster')
    const restarted = new HandLink()
    const attachment = new HubAttachment({
      link: restarted,
      timers: kernel,
      trace: { emit: () => {} },
      memory: hub.memory(),
      settings: { attachAttempts: 1, attachRetryUs: seconds(60), apnFallback: true, detachUs: 0 },
      onAttached: () => {},
      onMessage: () => {},
    })
    attachment.start()
    restarted.refuse('elster')
    run(seconds(60))
    expect(restarted.log).toEqual(['attach elster', 'attach newcastle'])
  })

  it('the network drops the hub before it moves: it attaches once, on the new one', () => {
    const { link, hub, run } = session()
    hub.switchApn('elster')
    link.drop('coverage')
    run(seconds(2))
    link.accept('elster')
    run(minutes(10))
    expect(link.log).toEqual(['detach', 'attach elster'])
  })
})

describe('a network that drops the hub', () => {
  it('is asked again after the pause of the profile, until it lets it on', () => {
    const { link, run } = session({ attachRetryUs: seconds(60) })
    link.drop('no-coverage')
    run(seconds(59))
    expect(link.log).toEqual([])
    run(seconds(1))
    expect(link.log).toEqual(['attach newcastle'])
    link.refuse('newcastle', 'no-coverage')
    run(seconds(60))
    link.accept('newcastle')
    run(minutes(60))
    expect(link.log).toEqual(['attach newcastle', 'attach newcastle'])
  })

  it('an answer that is ready meanwhile is not sent later; asked again, the hub gives it', () => {
    const { link, say, run, later, service, codes, taken } = session()
    service.answer = () => 'later'
    say(from({ counter: 1 }))
    link.drop()
    later[0]?.({ serviceReferenceVariant: '11.2', code: 'E21', detail: 'late' })
    run(seconds(60))
    link.accept('newcastle')
    expect(codes()).toEqual([])
    say(from({ counter: 1 }))
    expect(codes()).toEqual(['E21'])
    expect(taken).toHaveLength(1)
  })
})

describe('alerts', () => {
  it('go to the party in control of the access point, under its key', () => {
    const { hub, answers } = session()
    hub.alert(alert(1))
    expect(answers(SMSO_KEY)).toMatchObject([{ correlationId: '', targetDevice: HUB, alert: alert(1) }])
  })

  it('are kept while the hub is detached, and sent in order when it is back', () => {
    const { link, hub, answers, run } = session()
    link.drop()
    for (let n = 1; n <= 3; n++) hub.alert(alert(n))
    run(seconds(60))
    expect(answers()).toEqual([])
    link.accept('newcastle')
    expect(answers().map(message => message?.alert?.description)).toEqual(['alert 1', 'alert 2', 'alert 3'])
    hub.alert(alert(4))
    expect(answers()).toHaveLength(4)
  })

  it('wait until the party in control holds a key', () => {
    const { link, hub, answers, run } = session()
    hub.switchApn('elster')
    run(seconds(2))
    link.accept('elster')
    hub.alert(alert(1))
    expect(answers(S1SP_KEY)).toEqual([])
    hub.setKey('s1sp', S1SP_KEY)
    expect(answers(S1SP_KEY)).toMatchObject([{ alert: alert(1) }])
  })

  it('on an access point nobody is in control of they wait as well', () => {
    const { link, hub, answers, run } = session()
    hub.switchApn('toString')
    run(seconds(2))
    link.accept('toString')
    hub.alert(alert(1))
    expect(answers()).toEqual([])
  })

  it('a hundred are kept; the oldest are dropped, and that is told', () => {
    const { link, hub, answers, events } = session()
    link.drop()
    for (let n = 1; n <= 130; n++) hub.alert(alert(n))
    link.accept('newcastle')
    expect(answers().map(message => message?.alert?.atMs)).toEqual(Array.from({ length: 100 }, (_, i) => i + 31))
    expect(hub.refused.get('alert-dropped')).toBe(30)
    expect(events.filter(event => event.kind === 'device.event' && event.code === 'ALERT_DROPPED')).toHaveLength(30)
  })
})
