/** What to do about a line that will not open, by what the machine says of it. */

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/no such file|ENOENT|cannot find|ENXIO|ENODEV/i, 'plug it in; ls -l /dev/serial/by-id shows what is there'],
  [/permission denied|EACCES|EPERM/i, 'let this user open it: sudo usermod -aG dialout $USER, then log in again'],
  [
    /lock|busy|EBUSY|temporarily unavailable|already open/i,
    'another program has it open; fuser -v on its path names it',
  ],
  [/EADDRINUSE|in use/i, 'another program listens there; choose another port'],
  [/ECONNREFUSED/i, 'nobody listens there: start the other side, or correct the port'],
  [/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN/i, 'check the name of the host and the network'],
]

/** Undefined when the words say themselves what to do, or nothing is known. */
export function remedyFor(reason: string): string | undefined {
  return REMEDIES.find(([words]) => words.test(reason))?.[1]
}
