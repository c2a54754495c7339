import { expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'

it('a trace record says when, in which installation and at which part', () => {
  const kernel = new Kernel({ seed: 'trace', startUnixMs: 0 })
  const records: TraceRecord[] = []
  const tracer = new Tracer({ clock: kernel, installation: 'house-1', sink: record => records.push(record) })
  const hub = tracer.part('hub')
  const esme = tracer.part('esme')
  kernel.after(250, 'two facts', () => {
    esme.emit({ kind: 'device.event', code: '1', text: 'first' })
    hub.emit({ kind: 'device.event', code: '2', text: 'second' })
  })
  kernel.runUntil(1_000)
  hub.emit({ kind: 'device.event', code: '3', text: 'third' })
  expect(records).toEqual([
    { atUs: 250, installation: 'house-1', part: 'esme', event: { kind: 'device.event', code: '1', text: 'first' } },
    { atUs: 250, installation: 'house-1', part: 'hub', event: { kind: 'device.event', code: '2', text: 'second' } },
    { atUs: 1_000, installation: 'house-1', part: 'hub', event: { kind: 'device.event', code: '3', text: 'third' } },
  ])
})
