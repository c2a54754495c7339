import { join } from 'node:path'
import { parseLinkAddress } from '../../src/links/link-address.ts'
import { openLink } from '../../src/links/open-link.ts'
import { KeptProgram } from '../helpers/kept-program.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { needsSerial } from '../helpers/serialport.ts'
import { byteLinkContract } from './byte-link-contract.ts'

const hostScript = join(import.meta.dirname, '../helpers/serial-host.ts')
const quick = { backOff: { firstMs: 1, mostMs: 5 } }

// A foreign host, a process with serialport alone, opens the terminal and carries its octets to a TCP listener.
byteLinkContract('pty', async context => {
  await needsSerial(context)
  const folder = temporaryFolder()
  const path = join(folder, 'stick')
  const terminal = await openLink(`pty:${path}`, quick)
  const listener = await openLink('tcp-listen://:0')
  const address = parseLinkAddress(listener.name)
  const port = address.kind === 'tcp-listen' ? address.port : 0
  const host = new KeptProgram(process.execPath, [hostScript, path, String(port)])
  return {
    // serialport that waits to write does not read.
    oneWayAtATime: true,
    ends: [terminal, listener],
    cut: () => host.kill(),
    mend: () => host.revive(),
    close: () => host.kill(),
  }
})
