/** Silence is a hub's only where the broker took the request; it may say so after it delivered. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { MessageLostError } from '../../src/ports/rig-control.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import type { SessionNotice } from '../../src/wan/topics.ts'
import { HUB, type Script, START_MS, scripted } from '../helpers/scripted-parties.ts'

async function askingTheSilent(acknowledged: Script['acknowledged']) {
  const { context } = await scripted({ ...(acknowledged && { acknowledged }) })
  const to = { installation: 'home-1', role: 'smso', apn: 'newcastle', ip: '10.0.0.1' } as const
  return context.parties.request(to, HUB, requestOf('readDeviceLog', {}), seconds(60))
}

test('a request acknowledged after time ran out was met with silence', async () => {
  expect(await askingTheSilent(() => pause(50))).toEqual({ is: 'silent', withinUs: seconds(60) })
})

test('a request never acknowledged is lost, and says so within seconds', async () => {
  await expect(askingTheSilent(() => new Promise(() => {}))).rejects.toThrow(MessageLostError)
})

const AT = { installation: 'home-1', role: 'smso', apn: 'newcastle', ip: '10.0.0.1' } as const
const question = requestOf('readFirmwareVersion', {})
const answered = { readFirmwareVersion: { version: '2.3.0' } }

/** A hub that sleeps when the test says so, and wakes after the second short message. */
async function sleeper(hub: (fallAsleep: () => void) => ReturnType<NonNullable<Script['hub']>>) {
  const texts: string[] = []
  let epoch = 1
  const tell = (state: SessionNotice['state']) => {
    const notice: SessionNotice = { state, hub: HUB, atMs: START_MS, epoch: ++epoch }
    context.parties.hear({ topic: 'wan/newcastle/10.0.0.1/session', payload: Buffer.from(JSON.stringify(notice)) })
  }
  const onSms = (text: string) => {
    if (texts.push(text) % 2 === 0) tell('up')
  }
  const { context, asked } = await scripted({ onSms, hub: () => hub(() => tell('down')) })
  return { parties: context.parties, asked, texts, fallAsleep: () => tell('down') }
}

test('a hub that sleeps is woken before it is asked', async () => {
  const { parties, texts, asked, fallAsleep } = await sleeper(() => answered)
  fallAsleep()
  expect(await parties.request(AT, HUB, question, seconds(60))).toMatchObject({ is: 'answered' })
  expect(texts).toEqual(['wake up 1 of 2', 'wake up 2 of 2'])
  expect(asked).toHaveLength(1)
})

test('a hub that is awake gets no short message', async () => {
  const { parties, texts } = await sleeper(() => answered)
  expect(await parties.request(AT, HUB, question, seconds(60))).toMatchObject({ is: 'answered' })
  expect(texts).toEqual([])
})

test('what a hub did not take because it fell asleep is sent again when it has been woken', async () => {
  let times = 0
  const { parties, texts, asked } = await sleeper(fallAsleep => (times++ === 0 ? void fallAsleep() : answered))
  expect(await parties.request(AT, HUB, question, seconds(60))).toMatchObject({ is: 'answered' })
  expect([asked.length, texts.length]).toEqual([2, 2])
})

test('a hub that falls asleep over every request is given up', async () => {
  const { parties, asked } = await sleeper(fallAsleep => void fallAsleep())
  expect(await parties.request(AT, HUB, question, seconds(60))).toEqual({ is: 'silent', withinUs: seconds(60) })
  expect(asked).toHaveLength(4)
})
