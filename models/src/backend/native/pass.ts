import type { Addon, Attribute, Handle, NativeBackend, Output } from './library.js';

/**
 * A chain of the library's operations that counts as one kernel: its steps exchange handles, so none of them pays for a tensor of
 * TensorFlow.js, which costs more than a small operation itself.
 */
export interface Pass {
  /** The first output of an operation. It is freed when the chain ends, unless it is handed out. */
  readonly run: (name: string, inputs: readonly Handle[], attributes?: readonly Attribute[]) => Handle;
  /** As `run`, all outputs. */
  readonly runMany: (
    name: string,
    inputs: readonly Handle[],
    outputs: number,
    attributes?: readonly Attribute[],
  ) => readonly Handle[];
  readonly constants: Constants;
  /** A vector of int32 that is needed once; freed as the others. */
  readonly integers: (values: readonly number[]) => Handle;
  /** A number that is needed once. */
  readonly scalar: (value: number) => Handle;
  /** Frees a large intermediate before the chain ends. */
  readonly free: (...handles: readonly Handle[]) => void;
}

/** Small tensors that kernels need again and again, made once for each value and never freed. */
export interface Constants {
  readonly scalar: (value: number) => Handle;
  readonly integer: (value: number) => Handle;
  /** A vector of int32: a shape, axes, a permutation. */
  readonly integers: (values: readonly number[]) => Handle;
  /** A float32 vector without elements. */
  readonly empty: Handle;
}

/** Runs a chain and gives what it hands out as tensors of the backend, in that order. */
export type RunPass = (chain: (pass: Pass) => readonly Handle[]) => readonly Output[];

export function openPasses({ binding }: Pick<NativeBackend, 'binding'>): RunPass {
  const constants = openConstants(binding);
  return (chain) => {
    const live = new Map<Handle, Output>();
    const own = (id: Handle): Handle => {
      live.set(id, { id, shape: [], dtype: binding.TF_FLOAT });
      return id;
    };
    const integers: Pass['integers'] = (values) => own(integerVector(binding, values));
    const scalar: Pass['scalar'] = (value) => own(numberTensor(binding, value));
    const runMany: Pass['runMany'] = (name, inputs, outputs, attributes = none) =>
      binding.executeOp(name, attributes, inputs, outputs).map((output) => {
        live.set(output.id, output);
        return output.id;
      });
    const free: Pass['free'] = (...handles) => {
      for (const handle of handles) if (live.delete(handle)) binding.deleteTensor(handle);
    };
    const run: Pass['run'] = (name, inputs, attributes = none) => {
      const [output] = binding.executeOp(name, attributes, inputs, 1);
      if (output === undefined) throw new RangeError(`${name} gave no output`);
      live.set(output.id, output);
      return output.id;
    };
    try {
      return chain({ run, runMany, constants, integers, scalar, free }).map((handle) => {
        const output = live.get(handle);
        if (output === undefined) throw new RangeError('a chain handed out what it does not own');
        live.delete(handle);
        return output;
      });
    } finally {
      free(...live.keys());
    }
  };
}

const none: readonly Attribute[] = [];

function openConstants(binding: Addon): Constants {
  const known = new Map<string, Handle>();
  const keep = (key: string, make: () => Handle): Handle => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make();
    known.set(key, made);
    return made;
  };
  return {
    scalar: (value) => keep(`f${value}`, () => numberTensor(binding, value)),
    integer: (value) => keep(`i${value}`, () => binding.createTensor([], binding.TF_INT32, Int32Array.of(value))),
    integers: (values) => keep(`v${values.join()}`, () => integerVector(binding, values)),
    empty: binding.createTensor([0], binding.TF_FLOAT, new Float32Array(0)),
  };
}

const numberTensor = (binding: Addon, value: number): Handle =>
  binding.createTensor([], binding.TF_FLOAT, Float32Array.of(value));

const integerVector = (binding: Addon, values: readonly number[]): Handle =>
  binding.createTensor([values.length], binding.TF_INT32, Int32Array.from(values));
