import { eachColumn, inFull } from '@consilium/models/samples';
import { fail } from '@consilium/shared/errors';
import { momentsOf, sampleDeviation } from '@consilium/shared/statistics';
import { calibrationSample } from './calibration.js';
import type { SiteStep } from './step.js';

/** (x − mean) / sd of the site's own training samples; a feature that does not vary there becomes 0. Nothing is sent. */
export const siteZ: SiteStep = {
  fit: () => fail('CSM-STATISTICS-INVALID', { problem: 'site-z is asked for without need' }),
  apply: ({ run, training }) => {
    if (run.preparation.harmonise !== 'siteZ') return (part) => part;
    const means: number[] = [];
    const factors: number[] = [];
    eachColumn(inFull(calibrationSample(training, run).input), (_, values) => {
      const moments = momentsOf(values);
      const sd = sampleDeviation(moments);
      means.push(moments.mean);
      factors.push(sd > 0 ? 1 / sd : 0);
    });
    return (part) => {
      const input = inFull(part.input);
      const { width } = input;
      const values = input.values.map((value, at) => (value - means[at % width]!) * factors[at % width]!);
      return { ...part, input: { ...input, values } };
    };
  },
};
