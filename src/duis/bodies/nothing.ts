/** A body without parameters. */
export const nothing = (): Record<string, never> => ({})
