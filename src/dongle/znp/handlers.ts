/** How the parts of a ZNP take commands and tell what happens. */
import type { AreqName, RequestOf, ResponseOf, SreqName } from '../../wire/znp/mt.ts'

/** What is answered to commands; a part has those that are its own. */
export type Handlers = { readonly [N in SreqName]?: (request: RequestOf<N>) => ResponseOf<N> }

/** Tells the host something unasked. */
export type Tell = <N extends AreqName>(name: N, value: RequestOf<N>) => void
