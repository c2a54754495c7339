import { parseLinkAddress } from '../../src/links/link-address.ts'
import { openLink } from '../../src/links/open-link.ts'
import { TcpRelay } from '../helpers/tcp-relay.ts'
import { byteLinkContract } from './byte-link-contract.ts'

const quick = { backOff: { firstMs: 1, mostMs: 5 } }

byteLinkContract('tcp', async () => {
  const listener = await openLink('tcp-listen://:0', quick)
  const address = parseLinkAddress(listener.name)
  const relay = await TcpRelay.start(address.kind === 'tcp-listen' ? address.port : 0)
  const client = await openLink(`tcp://127.0.0.1:${relay.port}`, quick)
  return {
    ends: [listener, client],
    cut: () => relay.cut(),
    mend: () => relay.mend(),
    close: () => relay.close(),
  }
})
