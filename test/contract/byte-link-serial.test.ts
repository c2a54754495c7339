import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { parseLinkAddress } from '../../src/links/link-address.ts'
import { openLink } from '../../src/links/open-link.ts'
import { KeptProgram } from '../helpers/kept-program.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { needsSerial } from '../helpers/serialport.ts'
import { byteLinkContract } from './byte-link-contract.ts'

const quick = { backOff: { firstMs: 1, mostMs: 5 } }

// The device is a pseudo terminal of socat, which carries the octets to a TCP listener.
byteLinkContract('serial', async (context: TestContext) => {
  const socat = await needsSerial(context)
  const folder = temporaryFolder()
  const path = join(folder, 'device')
  const listener = await openLink('tcp-listen://:0')
  const address = parseLinkAddress(listener.name)
  const port = address.kind === 'tcp-listen' ? address.port : 0
  const device = new KeptProgram(socat, [
    `pty,link=${path},rawer,wait-slave,pty-interval=0.02`,
    `TCP:127.0.0.1:${port},nodelay`,
  ])
  const serial = await openLink(`serial:${path}?baud=115200&flow=hardware`, quick)
  return {
    ends: [listener, serial],
    cut: () => device.kill(),
    mend: () => device.revive(),
    close: () => device.kill(),
  }
})
