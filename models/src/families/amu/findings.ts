import type { Model } from '../../training/index.js';
import type { Explaining, Finding } from '../family.js';
import { geneAttention, geneEmbedding, geneImportance, geneNeighbours, overlapWithExpression } from './explain.js';
import type { AmuModel } from './network.js';

/** Neighbours to give of each gene. */
const neighbours = 5;
/** Patients whose Shapley values are formed: each takes thousands of passes. */
const explainedPatients = 20;

/**
 * What the network learnt, a table at a time, cheapest first. Of fewer patients than `minimumPatients` nothing is formed but the
 * neighbours in the embedding, which hang on no patient here.
 */
export async function* findings(model: Model, given: Explaining): AsyncIterable<Finding> {
  const { samples, features, classes, minimumPatients, seed } = given;
  const opened = asAmu(model);
  const enough = samples.rows >= Math.max(minimumPatients, 1);
  const embedding = await geneEmbedding(opened);
  const k = Math.min(neighbours, features.length - 1);
  if (embedding !== null && k > 0) {
    const lists = (['euclidean', 'cosine'] as const).flatMap((closeness) =>
      geneNeighbours(embedding, features, k, closeness).map((found) => [found.gene, closeness, ...found.neighbours]),
    );
    const places = Array.from({ length: k }, (_, index) => `neighbour ${index + 1}`);
    yield { kind: 'table', name: 'gene-neighbours', header: ['gene', 'closeness', ...places], rows: lists };
  }
  if (!enough) return;
  if (embedding !== null && k > 0) {
    const { overlap, byChance, p } = overlapWithExpression(embedding, samples, { k, seed });
    const header = ['neighbours', 'overlap with expression', 'by chance', 'p', 'patients'];
    yield { kind: 'table', name: 'gene-neighbour-overlap', header, rows: [[k, overlap, byChance, p, samples.rows]] };
  }
  const attention = await geneAttention(opened, samples);
  if (attention !== null) {
    const rows = attention.rollout.map((reached, index) => [features[index] ?? '', ...reached]);
    yield { kind: 'table', name: 'attention-rollout', header: ['gene', ...features], rows };
  }
  const reference = given.reference ?? samples;
  const patients = Math.max(explainedPatients, minimumPatients);
  for (const label of classes.length === 2 ? [1] : classes.keys()) {
    const importance = await geneImportance({
      model: opened,
      samples,
      reference,
      genes: features,
      label,
      patients,
      seed,
    });
    const told = [classes[label] ?? '', importance.patients, importance.residual];
    const rows = importance.genes.map(({ gene, strength, direction }) => [gene, strength, direction, ...told]);
    const header = ['gene', 'mean |Shapley value|', 'expression', 'speaks for', 'patients', 'largest residual'];
    yield { kind: 'table', name: `shapley-${label}`, header, rows };
  }
}

function asAmu(model: Model): AmuModel {
  if (!isAmu(model)) throw new TypeError(`a model of ${model.metadata.family ?? 'no family'} where amu was expected`);
  return model;
}

const isAmu = (model: Model): model is AmuModel => model.metadata.family === 'amu' && 'pass' in model;
