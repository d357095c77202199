export { pageRouter } from './serve-page.js';
