import type { FusedKernels, KernelName } from '../fused-kernels.js';
import type { tf } from '../tensorflow.js';
import type { Addon, Attribute, Handle, NativeBackend } from './library.js';
import { openPasses, type Pass, type RunPass } from './pass.js';

/** What a kernel is called with. */
export interface Call<Inputs extends string, Attributes> {
  readonly pass: Pass;
  readonly inputs: Readonly<Record<Inputs, Handle>>;
  readonly shapes: Readonly<Record<Inputs, readonly number[]>>;
  readonly attributes: Attributes;
  /** Whether all inputs are of float32. */
  readonly floats: boolean;
  readonly to: AttributeMaker;
}

/** Hands out the handles of its outputs. */
export type Chain<Inputs extends string, Attributes> = (call: Call<Inputs, Attributes>) => readonly Handle[];

/**
 * How a kernel is computed: as a chain of the library's own operations, which run where the library runs; and on a processor
 * perhaps by an operation of ours (models/native), which the library does not have.
 */
export interface Forms<Inputs extends string, Attributes> {
  readonly chain: Chain<Inputs, Attributes>;
  readonly onProcessor?: Chain<Inputs, Attributes>;
}

/** Registers one of our fused kernels. */
export const fused = <Name extends KernelName>(
  kernelName: Name,
  forms: Forms<FusedKernels[Name]['inputs'], FusedKernels[Name]['attributes']>,
): tf.KernelConfig => nativeKernel(kernelName, forms);

let chainsAlone = false;

/** Runs something as a GPU would, without our own operations, for comparison. Not for asynchronous work. */
export function withChainsAlone<T>(run: () => T): T {
  const before = chainsAlone;
  chainsAlone = true;
  try {
    return run();
  } finally {
    chainsAlone = before;
  }
}

export function nativeKernel<Inputs extends string, Attributes>(
  kernelName: string,
  { chain, onProcessor = chain }: Forms<Inputs, Attributes>,
): tf.KernelConfig {
  const kernelFunc = ({ inputs, attrs, backend }: KernelArguments) => {
    const { run, to } = workshop(backend);
    const form = backend.isUsingGpuDevice || chainsAlone ? chain : onProcessor;
    const names = Object.keys(inputs);
    const handles = backend.getInputTensorIds(Object.values(inputs));
    const byName: Record<string, Handle> = {};
    const shapes: Record<string, readonly number[]> = {};
    names.forEach((name, index) => {
      byName[name] = handles[index] ?? -1;
      shapes[name] = inputs[name]?.shape ?? [];
    });
    const outputs = run((pass) =>
      form({
        pass,
        inputs: byName as Record<Inputs, Handle>,
        shapes: shapes as Record<Inputs, readonly number[]>,
        attributes: attrs as Attributes,
        floats: Object.values(inputs).every(({ dtype }) => dtype === 'float32'),
        to,
      }),
    );
    const tensors = outputs.map(backend.createOutputTensor, backend);
    // A kernel of one output gives the tensor itself: that is what TensorFlow.js' own operations expect.
    return tensors.length === 1 ? tensors[0] : tensors;
  };
  return { kernelName, backendName: 'tensorflow', kernelFunc: kernelFunc as unknown as tf.KernelFunc };
}

interface KernelArguments {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: unknown;
  readonly backend: NativeBackend;
}

/** Attributes of operations, with the type codes of the addon. */
export interface AttributeMaker {
  readonly flag: (name: string, value: boolean) => Attribute;
  readonly text: (name: string, value: string) => Attribute;
  readonly number: (name: string, value: number) => Attribute;
  readonly integer: (name: string, value: number) => Attribute;
  readonly integers: (name: string, value: readonly number[]) => Attribute;
  readonly type: (name: string, value: 'float' | 'int32' | 'bool') => Attribute;
}

export function attributesOf(addon: Addon): AttributeMaker {
  const types = { float: addon.TF_FLOAT, int32: addon.TF_INT32, bool: addon.TF_BOOL };
  return {
    flag: (name, value) => ({ name, type: addon.TF_ATTR_BOOL, value }),
    text: (name, value) => ({ name, type: addon.TF_ATTR_STRING, value }),
    number: (name, value) => ({ name, type: addon.TF_ATTR_FLOAT, value }),
    integer: (name, value) => ({ name, type: addon.TF_ATTR_INT, value }),
    integers: (name, value) => ({ name, type: addon.TF_ATTR_INT, value }),
    type: (name, value) => ({ name, type: addon.TF_ATTR_TYPE, value: types[value] }),
  };
}

interface Workshop {
  readonly run: RunPass;
  readonly to: AttributeMaker;
}

const workshops = new WeakMap<NativeBackend, Workshop>();

/** What the kernels of one started backend share. */
export function workshop(backend: NativeBackend): Workshop {
  const known = workshops.get(backend);
  if (known !== undefined) return known;
  const made = { run: openPasses(backend), to: attributesOf(backend.binding) };
  workshops.set(backend, made);
  return made;
}
