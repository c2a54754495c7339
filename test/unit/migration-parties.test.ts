/** Silence is a hub's only where the broker took the request; it may say so after it delivered. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { MessageLostError } from '../../src/ports/rig-control.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { HUB, type Script, scripted } from '../helpers/scripted-parties.ts'

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
