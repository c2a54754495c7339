/** Files of this machine, piece by piece: an image is never in memory as a whole. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { unlessAbsent } from '../profiles/read-text.ts'

/** Octets read at a time. */
const PIECE = 65_536

/** The octets of a file, in pieces, to be taken once; undefined when there is no such file. */
export type ReadPieces = (path: string) => FilePieces | undefined

export interface FilePieces {
  /** Octets of the file. */
  length: number
  /** Each piece is good until the next is asked for. */
  pieces: Iterable<Uint8Array>
}

/** Reads from the disk. What is absent, a folder or not ours to read gives undefined; other faults throw. */
export const diskPieces: ReadPieces = path => {
  const file = unlessAbsent(() => openSync(path, 'r'))
  if (file === undefined) return undefined
  const status = fstatSync(file)
  if (status.isFile()) return { length: status.size, pieces: piecesOf(file) }
  closeSync(file)
  return undefined
}

function* piecesOf(file: number): Generator<Uint8Array, void> {
  try {
    const piece = new Uint8Array(PIECE)
    for (;;) {
      const octets = readSync(file, piece)
      if (octets === 0) return
      yield piece.subarray(0, octets)
    }
  } finally {
    closeSync(file)
  }
}
