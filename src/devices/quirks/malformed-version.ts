/**
 * Says its firmware version in a form that nobody expects: padded, with a prefix, with octets that do not print.
 * @source TMAD consultation June 2021, 3.1 [seed]: versions "unrecognised as a valid identifier" occur; their forms are assumed
 */
import type { QuirkOf } from '../../profiles/quirk-facts.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'
import { otherValues } from './other-values.ts'

export const malformedVersion = ({ says }: QuirkOf<'malformedVersion'>): NodeQuirk =>
  otherValues('Basic', { SwBuildId: version => says.replaceAll('{version}', () => String(version)) })
