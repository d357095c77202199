/** Where a person or a service may put the passphrase of a key. */
const passphrase = 'CONSILIUM_PASSPHRASE';

/** The environment to start a program with that is to have no key: without its passphrase. */
export function keylessEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const { [passphrase]: _, ...rest } = environment;
  return rest;
}
