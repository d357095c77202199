export { accuracyInterval } from './accuracy-interval.js';
export { type Doing, doingOf, places } from './doing.js';
export { durationsOf, kindOf, newestSteps, type TimedStep, timedSteps } from './durations.js';
export { etaOf, type Remaining } from './eta.js';
export { type Formats, formats } from './formats.js';
export { type Pace, rateOf, seePace } from './pace.js';
export { participationText, shortfallWords } from './participation.js';
export { type SiteLine, type Surroundings, siteLine } from './site-line.js';
