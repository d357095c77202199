export { type BackedUp, backUp } from './back-up.js';
