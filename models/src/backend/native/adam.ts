import type { AdamStep, OpenInPlaceAdam } from '../in-place-adam.js';
import type { tf } from '../tensorflow.js';
import { workshop } from './kernel.js';
import { type Handle, type NativeBackend, nativeBackend, type TensorData } from './library.js';

/**
 * Adam by `ResourceApplyAdam`, which changes a variable of the library where it lies. Beside each TensorFlow.js variable stands one
 * of the library, whose buffer it shows: the library copies a buffer that anybody else shows before it changes it, so the
 * TensorFlow.js variable lets go for the step and takes hold of the result.
 */
export const openNativeAdam: OpenInPlaceAdam = (variables) => {
  const library = nativeBackend();
  const slots = variables.map((variable) => openSlot(library, variable));
  return {
    apply: (gradients, step) => {
      if (gradients.length !== slots.length) throw new RangeError(`${gradients.length} gradients, not ${slots.length}`);
      applyAll(library, slots, library.getInputTensorIds(gradients), step);
    },
    dispose: () => {
      for (const slot of slots) closeSlot(library, slot);
    },
  };
};

/** What stands beside one variable: resources of the library, and what the variable showed after the newest step. */
interface Slot {
  readonly variable: tf.Variable;
  readonly weights: Handle;
  readonly first: Handle;
  readonly second: Handle;
  shown: { readonly data: TensorData; readonly id: Handle } | null;
}

let opened = 0;

function openSlot(library: NativeBackend, variable: tf.Variable): Slot {
  const { binding } = library;
  const open = (): Handle => {
    const [resource] = binding.executeOp(
      'VarHandleOp',
      [
        dtypeOf(library),
        { name: 'shape', type: binding.TF_ATTR_SHAPE, value: variable.shape },
        { name: 'shared_name', type: binding.TF_ATTR_STRING, value: `consilium/adam/${opened++}` },
      ],
      [],
      1,
    );
    if (resource === undefined) throw new RangeError('the library opened no variable');
    return resource.id;
  };
  const slot: Slot = { variable, weights: open(), first: open(), second: open(), shown: null };
  workshop(library).run(({ run, runMany }) => {
    const zeros = run('ZerosLike', library.getInputTensorIds([variable]));
    for (const moment of [slot.first, slot.second]) runMany('AssignVariableOp', [moment, zeros], 0);
    return [];
  });
  return slot;
}

function closeSlot({ binding }: NativeBackend, { weights, first, second }: Slot): void {
  for (const resource of [weights, first, second]) {
    binding.executeOp('DestroyResourceOp', [], [resource], 0);
    binding.deleteTensor(resource);
  }
}

/**
 * `w ← (1 − rate·decay)·w − rate·m̂/(√v̂ + eps)`. The library computes `rate·√(1−β2ᵗ)/(1−β1ᵗ)·m/(√v + ε)`, so its ε is `eps·√(1−β2ᵗ)`.
 */
function applyAll(library: NativeBackend, slots: readonly Slot[], gradients: readonly Handle[], step: AdamStep): void {
  const { rate, beta1, beta2, eps, weightDecay } = step;
  const [power1, power2] = [beta1 ** step.step, beta2 ** step.step];
  workshop(library).run(({ run, runMany, constants, scalar }) => {
    const settings = [
      ...[power1, power2, rate].map(scalar),
      constants.scalar(beta1),
      constants.scalar(beta2),
      scalar(eps * Math.sqrt(1 - power2)),
    ];
    const kept = weightDecay === 0 ? null : scalar(1 - rate * weightDecay);
    slots.forEach((slot, index) => {
      const gradient = gradients[index];
      if (gradient === undefined) throw new RangeError(`no gradient ${index}`);
      change(library, slot, () => {
        const { weights, first, second } = slot;
        if (kept !== null)
          runMany(
            'AssignVariableOp',
            [weights, run('Mul', [run('ReadVariableOp', [weights], [dtypeOf(library)]), kept])],
            0,
          );
        runMany('ResourceApplyAdam', [weights, first, second, ...settings, gradient], 0);
      });
    });
    return [];
  });
}

/** Has the library change its variable, and the TensorFlow.js variable show the result. */
function change(library: NativeBackend, slot: Slot, act: () => void): void {
  const { binding, tensorMap, getInputTensorIds } = library;
  const { variable, weights } = slot;
  const [before = -1] = getInputTensorIds.call(library, [variable]);
  const data = tensorMap.get(variable.dataId);
  if (data === undefined) throw new ReferenceError('a variable without values');
  const shared = data.refCount > 1;
  const assigned = slot.shown?.data !== data || slot.shown.id !== before;
  // New values belong to whoever assigned them, and a clone keeps its own: then the library copies once.
  if (assigned) binding.executeOp('AssignVariableOp', [], [weights, before], 0);
  else if (!shared) binding.deleteTensor(before);
  try {
    act();
  } finally {
    const id = read(library, weights);
    if (assigned && !shared) binding.deleteTensor(before);
    if (shared) {
      const result = library.createOutputTensor({ id, shape: variable.shape, dtype: binding.TF_FLOAT });
      variable.assign(result);
      result.dispose();
    } else data.id = id;
    const shownData = tensorMap.get(variable.dataId);
    slot.shown = shownData === undefined ? null : { data: shownData, id };
  }
}

/** The values of a variable of the library: its own buffer, not a copy. */
function read(library: NativeBackend, resource: Handle): Handle {
  const [values] = library.binding.executeOp('ReadVariableOp', [dtypeOf(library)], [resource], 1);
  if (values === undefined) throw new RangeError('a variable of the library gave no values');
  return values.id;
}

const dtypeOf = ({ binding }: NativeBackend) => ({
  name: 'dtype',
  type: binding.TF_ATTR_TYPE,
  value: binding.TF_FLOAT,
});
