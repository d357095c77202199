import { readFileSync } from 'node:fs';
import { makeContract, readRunFile } from '@consilium/shared/contract';
import { consortiumId, runId } from '@consilium/shared/ids';
import {
  foldCohort,
  type PreparationState,
  poolMoments,
  readCohort,
  readScale,
  scaledBy,
} from '@consilium/shared/statistics';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../tests/fixtures.js';
import { type Dataset, loadDataset } from '../data/index.js';
import { prepare } from './index.js';

/** An example of deploy/examples at all its sites, without validation patients: its training rows are those of the split file. */
async function federate(example: string, directory: string, column: string, names: readonly string[]) {
  const text = readFileSync(new URL(`../../../deploy/examples/${example}.yaml`, import.meta.url), 'utf8');
  const read = readRunFile(text, `${example}.yaml`);
  const contract = makeContract({
    runFile: { ...read, validation: { ...read.validation, share: 0 } },
    files: {},
    consortium: consortiumId.parse('c'.repeat(32)),
    run: runId.parse('a'.repeat(32)),
    notAfter: new Date('2030-01-01'),
  });
  const sites: Dataset[] = [];
  for (const name of names) sites.push(await loadDataset({ directory, rows: { column, equals: name }, contract }));
  const salt = 'A'.repeat(22);
  const cohorts = sites.map((dataset) =>
    readCohort(prepare('cohort', { dataset, contract, state: null, pass: 1, salt }), {
      contract,
      samples: dataset.parts.train.rows,
    }),
  );
  const state = foldCohort(cohorts, contract);
  const scales = sites.map((dataset) =>
    readScale(prepare('scale', { dataset, contract, state, pass: 1, salt }), {
      state,
      samples: dataset.parts.train.rows,
      minimumCell: 5,
    }),
  );
  return { sites, state: scaledBy(poolMoments(scales, state), state) };
}

const scaleOf = (state: PreparationState, feature: string): readonly [number, number] => {
  const at = state.features.indexOf(feature);
  return [state.scale?.mean[at] ?? Number.NaN, state.scale?.sd[at] ?? Number.NaN];
};

// Means and sample deviations by numpy in float64, over the pooled training rows.
const beataml = dataFolder('beataml-expression');
describe.skipIf(beataml === null)('gene expression of seven centres', () => {
  const centres = [1, 2, 3, 4, 6, 7, 8].map((number) => `center${number}`);

  it('is read whole, and its federated mean and deviation are those of the pooled rows', async () => {
    const { sites, state } = await federate('aml-subtypes', beataml ?? '', 'center', centres);
    expect(sites.map(({ parts }) => parts.train.rows)).toEqual([198, 62, 43, 30, 25, 6, 10]);
    expect(sites.map(({ parts }) => parts.test.rows)).toEqual([64, 20, 13, 8, 7, 2, 2]);
    expect(sites.reduce((sum, { counts }) => sum + counts.otherLabel, 0)).toBe(17);
    expect(state.features).toHaveLength(469);
    expect(state.samples).toBe(374);
    const [mean, sd] = scaleOf(state, 'MPO');
    expect(mean).toBeCloseTo(10.304886631016043, 6);
    expect(sd).toBeCloseTo(2.6177037415926967, 6);
    const sum = (values: readonly number[] | undefined): number => (values ?? []).reduce((total, x) => total + x, 0);
    expect(sum(state.scale?.mean)).toBeCloseTo(3107.31689171123, 4);
    expect(sum(state.scale?.sd)).toBeCloseTo(592.4915148043597, 4);
  });
});

const labs = dataFolder('acute-leukemia-labs');
describe.skipIf(labs === null)('blood values of four hospitals', () => {
  it('are read whole, units mended and logarithms taken, and scaled as if pooled', async () => {
    const hospitals = ['lyon', 'grenoble', 'nantes', 'clermont'];
    const { sites, state } = await federate('acute-leukemia', labs ?? '', 'site', hospitals);
    expect(sites.map(({ counts }) => counts.kept)).toEqual([424, 431, 130, 255]);
    expect(state.samples).toBe(930);
    const expected: Readonly<Record<string, readonly [number, number]>> = {
      age: [50.46453675062601, 23.53484291957489],
      MCHC_g_L: [340.17386609071275, 15.480310338372393],
      WBC_G_L: [2.52884068888801, 1.4384856766493033],
      Monocytes_percent: [1.2829247011202556, 1.1667700539340562],
      LDH_UI_L: [6.225595093509925, 0.8353050599372785],
    };
    for (const [feature, [mean, sd]] of Object.entries(expected)) {
      const [foundMean, foundSd] = scaleOf(state, feature);
      expect(Math.abs(foundMean / mean - 1)).toBeLessThan(1e-6);
      expect(Math.abs(foundSd / sd - 1)).toBeLessThan(1e-6);
    }
  });
});
