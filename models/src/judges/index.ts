export { adjustedRand } from './adjusted-rand.js';
export { type Clustering, type KMeansOptions, kMeans } from './k-means.js';
export { fitLogistic, type LogisticModel, type LogisticOptions, logisticProbabilities } from './logistic.js';
export { majority } from './majority.js';
export { type NearestOptions, nearest } from './nearest.js';
export { fitPca, type Pca, type PcaOptions, project } from './pca.js';
export { silhouette } from './silhouette.js';
export type { Vectors } from './vectors.js';
