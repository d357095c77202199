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
  readonly to: AttributeMaker;
  /** Whether a GPU computes. */
  readonly onGpu: boolean;
}

/** Hands out the handles of its outputs. */
export type Chain<Inputs extends string, Attributes> = (call: Call<Inputs, Attributes>) => readonly Handle[];

/** Registers one of our fused kernels as a chain of the library's operations. */
export const fused = <Name extends KernelName>(
  kernelName: Name,
  chain: Chain<FusedKernels[Name]['inputs'], FusedKernels[Name]['attributes']>,
): tf.KernelConfig => nativeKernel(kernelName, chain);

export function nativeKernel<Inputs extends string, Attributes>(
  kernelName: string,
  chain: Chain<Inputs, Attributes>,
): tf.KernelConfig {
  const kernelFunc = ({ inputs, attrs, backend }: KernelArguments) => {
    const { run, to } = workshop(backend);
    const onGpu = backend.isUsingGpuDevice;
    const names = Object.keys(inputs);
    const handles = backend.getInputTensorIds(Object.values(inputs));
    const byName: Record<string, Handle> = {};
    const shapes: Record<string, readonly number[]> = {};
    names.forEach((name, index) => {
      byName[name] = handles[index] ?? -1;
      shapes[name] = inputs[name]?.shape ?? [];
    });
    const outputs = run((pass) =>
      chain({
        pass,
        inputs: byName as Record<Inputs, Handle>,
        shapes: shapes as Record<Inputs, readonly number[]>,
        attributes: attrs as Attributes,
        to,
        onGpu,
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
