// A process of sites of the dashboard bench: train for some minutes, saying how far they are as often as an agent does.
import { setTimeout as pause } from 'node:timers/promises';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import { contribution, featureNames, fetchBlob, serveSites, statistics } from './consortium/sites.mjs';

const features = featureNames(8);
/** How often an agent says how far it is. */
const sayMs = 250;
const firstSeconds = 20;
/** One site after the other is done. */
const apartSeconds = 4;

serveSites(async ({ site, run, step, model }, connection) => {
  const prepared = statistics(step, features);
  if (prepared !== undefined) return prepared;
  // The rounds behind are written while nobody works on them.
  if (step === 'train:0:1') return null;
  const place = Number(/\d+/.exec(site));
  const total = ((firstSeconds + apartSeconds * place) * 1000) / sayMs;
  for (let done = 0; done < total; done++) {
    const progress = { done, total, unit: 'batches', epoch: 1 + Math.floor((4 * done) / total), loss: 1 / (1 + done) };
    const about = { version: 'bench', node: process.version, backend: 'none', run, step };
    connection.sendStatus({ ...about, activity: 'training', progress, error: null });
    await pause(sayMs);
  }
  const { layout, metadata, values } = decodeWeights(await fetchBlob(connection, { run, step, hash: model }));
  return contribution(
    ...['update', 'f32'],
    encodeWeights({ layout, metadata, values: values.map((value) => value + place / 1000) }),
  );
});
