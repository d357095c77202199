import { setImmediate as nextTurn } from 'node:timers/promises';

/** A smooth convex function of a vector. */
export interface Objective {
  /** Its value at a point; writes its gradient there. */
  readonly at: (point: Float64Array, gradient: Float64Array) => number;
}

export interface MinimiseOptions {
  /** Most steps. */
  readonly maxIterations: number;
  /** Done when no part of the gradient is larger. */
  readonly tolerance: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly iterations: number;
  /** Whether the gradient came within the tolerance. */
  readonly converged: boolean;
}

/** Pairs of steps and changes of the gradient that the curvature is built from. */
const memory = 10;
/** Share of the promised fall that a step must bring (Armijo). */
const sufficientFall = 1e-4;
const maxHalvings = 40;

/**
 * Limited-memory BFGS (Nocedal & Wright, Numerical Optimization, algorithms 7.4 and 7.5), steps halved until the function falls enough.
 * An abort throws the signal's reason.
 */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  { maxIterations, tolerance, signal }: MinimiseOptions,
): Promise<Minimum> {
  let point = start.slice();
  let gradient = new Float64Array(start.length);
  let value = objective.at(point, gradient);
  const pairs: Pair[] = [];
  for (let iterations = 0; ; iterations++) {
    const converged = gradient.every((slope) => Math.abs(slope) <= tolerance);
    if (converged || iterations === maxIterations) return { point, iterations, converged };
    signal?.throwIfAborted();
    await nextTurn();

    const direction = newtonLike(gradient, pairs);
    const slope = dot(direction, gradient);
    // The first step has no curvature to go by yet: its length is 1 at most.
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(direction, direction))) : 1;
    const nextPoint = new Float64Array(point.length);
    const nextGradient = new Float64Array(point.length);
    let nextValue = Number.POSITIVE_INFINITY;
    for (let halving = 0; halving < maxHalvings; halving++, length /= 2) {
      for (let index = 0; index < point.length; index++) nextPoint[index] = point[index]! + length * direction[index]!;
      nextValue = objective.at(nextPoint, nextGradient);
      if (nextValue <= value + sufficientFall * length * slope) break;
    }
    // No step brings it lower: what numbers of 53 bits can tell is reached.
    if (!(nextValue < value)) return { point, iterations, converged };
    const step = nextPoint.map((coordinate, index) => coordinate - point[index]!);
    const change = nextGradient.map((part, index) => part - gradient[index]!);
    const curvature = dot(step, change);
    if (curvature > 0) pairs.push({ step, change, curvature });
    if (pairs.length > memory) pairs.shift();
    point = nextPoint;
    gradient = nextGradient;
    value = nextValue;
  }
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function newtonLike(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((part) => -part);
  const shares = new Float64Array(pairs.length);
  for (let index = pairs.length - 1; index >= 0; index--) {
    const { step, change, curvature } = pairs[index]!;
    shares[index] = dot(step, direction) / curvature;
    addScaled(direction, change, -shares[index]!);
  }
  const newest = pairs[pairs.length - 1];
  if (newest) {
    const scale = newest.curvature / dot(newest.change, newest.change);
    for (let index = 0; index < direction.length; index++) direction[index]! *= scale;
  }
  pairs.forEach(({ step, change, curvature }, index) => {
    addScaled(direction, step, shares[index]! - dot(change, direction) / curvature);
  });
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

function addScaled(to: Float64Array, values: Float64Array, scale: number): void {
  for (let index = 0; index < to.length; index++) to[index]! += scale * values[index]!;
}
