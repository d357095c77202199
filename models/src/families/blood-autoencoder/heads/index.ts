export { type Anchors, attachedGcn, linksOf, openAnchors } from './anchors.js';
export { ffn, ffnParameters } from './ffn.js';
export { gcn, gcnParameters } from './gcn.js';
export { layerEps, tokenLayerNames, transformer, transformerAttention, transformerParameters } from './transformer.js';
