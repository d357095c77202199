import { integratedGradients, placeOnMap } from '../../explain/index.js';
import { adjustedRand, kMeans, silhouette } from '../../judges/index.js';
import { stream } from '../../layers/index.js';
import { asRows, denseRows } from '../../samples/index.js';
import { type Model, predict } from '../../training/index.js';
import type { Explaining, Finding } from '../family.js';
import { classAttention, embed, logitOf, markerGenes, winner } from './explain.js';
import type { AttentionAmlModel } from './network.js';

const markersEach = 50;
const genesEach = 20;
const judgedTogether = 256;
/** Fewest patients that have neighbours to be placed by. */
const fewestOnMap = 4;

/**
 * A map of the patients, how well it tells the classes apart, the marker genes and the token attention of each class, and the genes that
 * speak for each patient's predicted class. Patients of unknown class are on the map and have genes of their own; no mean counts them.
 */
export async function* findings(model: Model, given: Explaining): AsyncIterable<Finding> {
  if (!isOurs(model)) throw new TypeError('a model of another family');
  const { samples, classes, features, minimumPatients } = given;
  const probabilities = await predict({ model, samples, batchSize: judgedTogether });
  const told = Array.from(samples.y, (_, row) => winner(probabilities, row, model.classes));
  const values = await embed({ model, samples });
  if (samples.rows >= fewestOnMap) yield await map(values, told, given);
  const clusters = clustersOf(values, given);
  if (clusters !== null) yield clusters;

  const markers = await markerGenes({ model, samples, features, genes: markersEach, minimumPatients });
  const header = ['class', 'patients', 'rank', 'gene', 'strength', 'expression', 'residual'];
  const ranked = markers.flatMap(({ label, patients, residual, genes }) =>
    genes.map(({ feature, strength, direction }, place) => [
      ...[classes[label] ?? '', patients, place + 1, feature, strength, direction, residual],
    ]),
  );
  yield { kind: 'table', name: 'markers', header, rows: ranked };
  const attention = attentionTable(await classAttention({ model, samples, minimumPatients }), classes);
  if (attention !== null) yield attention;
  yield await attributions(model, told, probabilities, given);
}

const isOurs = (model: Model): model is AttentionAmlModel =>
  model.metadata.family === 'attention-aml' && 'pass' in model;

async function map(values: Float32Array, told: readonly number[], given: Explaining): Promise<Finding> {
  const { samples, ids, classes, seed } = given;
  const { rows } = samples;
  const places = await placeOnMap({ rows, width: values.length / rows, values, random: stream(seed, 'map') });
  const lines = ids.map((id, row) => [
    ...[id, classes[samples.y[row] ?? -1] ?? '', classes[told[row] ?? -1] ?? ''],
    ...[places[2 * row] ?? 0, places[2 * row + 1] ?? 0],
  ]);
  return { kind: 'table', name: 'map', header: ['id', 'class', 'predicted', 'x', 'y'], rows: lines };
}

/** How well the embedding keeps the known classes apart, and whether groups found without labels are they; null where too few are known. */
function clustersOf(values: Float32Array, { samples, classes, minimumPatients, seed }: Explaining): Finding | null {
  const { y, rows, patients } = samples;
  const known = [...y.keys()].filter((row) => y[row]! >= 0);
  const labels = Int32Array.from(known, (row) => y[row]!);
  const groups = new Set(labels).size;
  const people = new Set(known.map((row) => patients[row])).size;
  if (groups < 2 || people < Math.max(minimumPatients, 1) || known.length < classes.length) return null;
  const width = values.length / rows;
  const vectors = {
    rows: known.length,
    width,
    values: Float32Array.from(known.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)])),
  };
  const { labels: found } = kMeans({ vectors, k: classes.length, random: stream(seed, 'clusters') });
  const line = [people, silhouette(vectors, labels), adjustedRand(labels, found)];
  return { kind: 'table', name: 'clusters', header: ['patients', 'silhouette', 'adjusted Rand index'], rows: [line] };
}

function attentionTable(shown: Awaited<ReturnType<typeof classAttention>>, classes: readonly string[]): Finding | null {
  const rows = shown.flatMap(({ label, patients, blocks }) =>
    blocks.flatMap((block, index) =>
      (['attention', 'rollout'] as const).flatMap((what) =>
        block[what].flatMap((weights, query) =>
          weights.map((weight, key) => [
            ...[classes[label] ?? '', patients, index + 1, what, query + 1, key + 1, weight],
          ]),
        ),
      ),
    ),
  );
  if (rows.length === 0) return null;
  const header = ['class', 'patients', 'block', 'what', 'token', 'looks at', 'weight'];
  return { kind: 'table', name: 'attention', header, rows };
}

/** Of each patient the genes that speak most for or against the class that it is told. */
async function attributions(
  model: AttentionAmlModel,
  told: readonly number[],
  probabilities: Float32Array,
  { samples, ids, classes, features }: Explaining,
): Promise<Finding> {
  const input = asRows(samples.input);
  const rows: (string | number)[][] = [];
  for (const [row, id] of ids.entries()) {
    const label = told[row] ?? 0;
    const x = denseRows(input, Int32Array.of(row));
    const { values } = await integratedGradients({ output: logitOf(model, label), x });
    const strongest = [...values.keys()].sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b);
    for (const [place, gene] of strongest.slice(0, genesEach).entries()) {
      rows.push([
        ...[id, classes[label] ?? '', probabilities[row * classes.length + label] ?? 0],
        ...[place + 1, features[gene] ?? '', x[gene] ?? 0, values[gene] ?? 0],
      ]);
    }
  }
  const header = ['id', 'predicted', 'probability', 'rank', 'gene', 'prepared value', 'attribution'];
  return { kind: 'table', name: 'attributions', header, rows };
}
