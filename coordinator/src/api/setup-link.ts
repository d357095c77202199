/**
 * Address at which a person sets a password. The token stands behind `#`, which no browser sends and no proxy logs.
 * @param name of the user; without one the person chooses it
 */
export const setupLink = (address: string, token: string, name?: string): string =>
  `${address}/#setup=${token}${name === undefined ? '' : `&name=${encodeURIComponent(name)}`}`;
