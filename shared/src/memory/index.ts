export { freeNow } from './free-now.js';
