/** zigbee-herdsman takes a hundred devices in through our Spinel stick, all but five of them behind routers. */
import { expect, test } from 'vitest'
import { ZohCrowd } from '../peer/zoh-crowd.ts'

/** The host ends its process at its 24th neighbour: so many may stand beside the stick, and no more. */
const [ROUTERS, BEHIND_EACH] = [5, 19]

test.each(['1', '2', '3'])(
  'a hundred devices join through it without one failure, behind five routers: seed %s',
  { timeout: 600_000 },
  async seed => {
    const crowd = await ZohCrowd.formed(`a hundred ${seed}`)
    const { host } = crowd
    const routers = crowd.names(ROUTERS)
    await crowd.placeRouters(routers)
    const rooms = routers.map(router => ({ router, devices: crowd.names(BEHIND_EACH) }))
    await Promise.all(rooms.map(({ router, devices }) => crowd.fillRoom(router, devices)))

    expect(host.failed).toEqual([])
    const all = [...routers, ...rooms.flatMap(({ devices }) => devices)]
    expect(host.interviewed).toEqual(new Set(all))
    expect(all).toHaveLength(100)
    for (const device of all) expect(host.device(device).modelID).toBe(device)
    const relays = routers.map(router => crowd.placeOf(router).address)
    for (const { devices } of rooms) for (const each of devices) expect(relays).toContain(crowd.placeOf(each).parent)
    expect(crowd.dongle.counts).toMatchObject({ malformed: 0, damaged: 0, unsent: 0 })
  },
)
