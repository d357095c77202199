import type { Model } from '../../../training/index.js';
import type { Explaining, Finding } from '../../family.js';
import type { BloodAutoencoderModel } from '../network.js';
import { codeMap } from './code-map.js';
import { homophily } from './homophily.js';
import { latentGenes } from './latent-genes.js';
import { markerGenes } from './marker-genes.js';
import { tokenAttention } from './token-attention.js';

/**
 * A map of the codes, the genes behind each dimension of the code and, where there is a head, those behind each class; then what the
 * head has of its own: attention over dimensions, or how alike neighbours are. Codes can be turned back into cells by the decoder,
 * so none of this is for other hands.
 */
export async function* explain(model: Model, given: Explaining): AsyncIterable<Finding> {
  if (!isOurs(model)) throw new TypeError('a model of another family');
  const { weights, options, stage } = model.anatomy;
  const map = await codeMap(weights, given);
  if (map !== null) yield map;
  yield await latentGenes(weights, given);
  if (stage !== 'head') return;
  yield await markerGenes(model, given);
  if (options.head === 'transformer') yield await tokenAttention(model, given);
  if (options.head === 'gcn') yield await homophily(model, given);
}

const isOurs = (model: Model): model is BloodAutoencoderModel => 'anatomy' in model;
