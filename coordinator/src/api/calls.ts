// The calls as one who makes them needs them: their shapes, and how a refusal looks. The server behind them is in index.ts.
export { type Problem, problem } from './problem.js';
export * from './routes/index.js';
export type { AnyShape, JsonShape, MediaShape } from './shape.js';
