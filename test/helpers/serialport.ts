/** serialport is an optional dependency: tests over it are skipped where it is not. */

/** Why the package cannot be used here; undefined when it can. */
export async function serialportMissing(): Promise<string | undefined> {
  const name: string = 'serialport'
  return import(name).then(
    () => undefined,
    () => 'the optional dependency serialport is not installed (npm install serialport@13)',
  )
}
