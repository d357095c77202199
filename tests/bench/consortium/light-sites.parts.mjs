import { fileURLToPath } from 'node:url';
import { startSites } from './sites.mjs';

export const featuresVariable = 'CONSILIUM_BENCH_FEATURES';
export const changeVariable = 'CONSILIUM_BENCH_CHANGE';
const program = fileURLToPath(new URL('light-sites.mjs', import.meta.url));

/** Networks by their number of parameters; `features` is how many the sites' tables have. */
export const networks = {
  /** Some hundred bytes of figures beside a header. */
  tiny: { features: 8, options: { width1: 16, width2: 8, tokens1: 2, tokens2: 2, heads1: 1, heads2: 1 } },
  /** 83,091 parameters. */
  small: { features: 188, options: { width1: 256, width2: 128, tokens1: 16, tokens2: 16, heads1: 4, heads2: 2 } },
  /** The human genes before the paper's widths, doubled: 20.8 million parameters, some 80 MB. */
  large: { features: 20_000, options: { width1: 1024, width2: 256, tokens1: 16, tokens2: 16, heads1: 8, heads2: 4 } },
};

/**
 * Starts so many light sites in a few processes, each enrolled and approved.
 * @param {{ lead: object, sites: number, processes: number, network: { features: number }, change?: 'one' | 'all', from?: number }} wanted
 *   `change`: whether one value of the model or every one is moved; `from`: number of the first site
 */
export async function startLightSites({ lead, sites, processes, network, change = 'one', from = 1 }) {
  const names = Array.from({ length: sites }, (_, index) => `hospital-${String(index + from).padStart(4, '0')}`);
  const environment = { [featuresVariable]: String(network.features), [changeVariable]: change };
  const groups = [];
  const close = () => Promise.all(groups.map((group) => group.close()));
  try {
    for (let index = 0; index < processes; index++) {
      const own = names.filter((_, place) => place % processes === index);
      groups.push(await startSites({ program, lead, names: own, environment }));
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    close,
    /** Of all processes together. */
    async news() {
      const told = await Promise.all(groups.map((group) => group.news()));
      const sum = (of) => told.reduce((total, one) => total + of(one), 0);
      return {
        connected: sum(({ connected }) => connected),
        dropped: sum(({ dropped }) => dropped),
        times: told.flatMap(({ times }) => times),
      };
    },
  };
}
