import type { ErrorTexts } from './texts.js';

/** Models, their weights, and what they are trained on. */
export const modelErrors = {
  'CSM-BACKEND-DEVICE': {
    message: 'The GPU did not do all that it was asked for: {reason}.',
    remedy:
      'Its memory may be full, or its driver may have reset it: lower training.batchSize, see that nothing else uses it, and start again.',
  },
  'CSM-BACKEND-ENDED': {
    message: 'The process that tried backend {backend} ended ({how}).',
    remedy:
      'Its library may not fit this processor, or memory ran out: try again, or choose backend wasm. SIGILL means instructions that the processor lacks.',
  },
  'CSM-BACKEND-MEMORY': {
    message: 'The wasm backend has no {mebibytes} MiB left: its heap ends at 4 GiB.',
    remedy: 'Lower training.batchSize or choose a smaller preset; the native backend has no such limit.',
  },
  'CSM-BACKEND-NATIVE': {
    message: 'The native backend does not run: {reason}.',
    remedy: 'Run `consilium-site backend install native`, or choose backend auto or wasm.',
  },
  'CSM-BACKEND-NO-GPU': {
    message: 'No GPU can be used: {reason}.',
    remedy:
      'Install the driver of the GPU, then `consilium-site backend install native --gpu` (NVIDIA) or a Vulkan driver for webgpu (any vendor); in a container let the GPU in with NVIDIA_DRIVER_CAPABILITIES=all. To train on the processor, set device to any or cpu.',
  },
  'CSM-BACKEND-TENSOR': {
    message:
      'A tensor of {mebibytes} MiB is larger than the {limit} MiB that {device} takes at once on the webgpu backend.',
    remedy: 'Lower training.batchSize, choose a smaller preset, or use the native backend, which has no such limit.',
  },
  'CSM-BACKEND-WASM': {
    message: 'The wasm backend does not run: {reason}.',
    remedy: 'Run on Node 20.19 or newer and reinstall the packages; choose backend cpu for tiny tests only.',
  },
  'CSM-BACKEND-WEBGPU': {
    message: 'The webgpu backend does not run: {reason}.',
    remedy:
      "Install the Vulkan loader and the GPU's driver (Debian: libvulkan1 with mesa-vulkan-drivers or nvidia-driver); a container needs NVIDIA_DRIVER_CAPABILITIES=all. Or choose backend auto; device cpu allows a processor that plays a GPU, for tests.",
  },
  'CSM-EXPORT-LAYERS': {
    message: 'This {family} model has no form in the layers of TensorFlow.js: {problem}.',
    remedy: 'Use model.safetensors with consilium-site predict; it is the whole model.',
  },
  'CSM-IMPORT-FILE': {
    message: 'Weights cannot be taken from {file}: {problem}.',
    remedy: 'Give a safetensors file of finite floats; model.weights.file names one that lies beside the run file.',
  },
  'CSM-IMPORT-NOTHING': {
    message:
      'Nothing in {file} is a tensor of this {family} model: of its {tensors} tensors none has a name that is known.',
    remedy:
      'Give an export of this family, or a file that its README names; rename the tensors of any other to the names of the family.',
  },
  'CSM-IMPORT-SHAPE': {
    message: 'The tensor that is imported as {tensor} has the shape {given}; the model takes {wanted}.',
    remedy:
      'Choose the preset, classes, features and model.options with which the file was made, or leave this tensor out of the file: it is then drawn.',
  },
  'CSM-INITIAL-FAILED': {
    message: 'The process that makes starting weights ended with status {status}.',
    remedy: 'See the log of the coordinator; a very large model may need more memory.',
  },
  'CSM-MODEL-EXPLAIN': {
    message: 'Model family {family} has no explanations.',
    remedy: 'Leave --explain out.',
  },
  'CSM-MODEL-FAMILY': {
    message: 'There is no model family {family}.',
    remedy: 'Choose one of: {known}.',
  },
  'CSM-MODEL-INPUT': {
    message: 'The data does not fit the model: {problem}.',
    remedy:
      'Check the transforms and the preparation in the run file: what enters the network must be finite numbers and known classes.',
  },
  'CSM-MODEL-KIND': {
    message: 'Model family {family} looks at {takes}; the data of the run is {given}.',
    remedy: 'Choose another data.kind or another model.family in the run file.',
  },
  'CSM-MODEL-OPTIONS': {
    message: 'The settings of model family {family} are not valid: {problem}.',
    remedy: 'Correct model.options in the run file; the README of the family lists every setting.',
  },
  'CSM-MODEL-STAGE': {
    message: 'Model family {family} has no stage {stage}.',
    remedy: 'Name stages of: {known}.',
  },
  'CSM-TRAINING-DIVERGED': {
    message: 'The training loss is no longer a number (epoch {epoch}, batch {batch} of this call).',
    remedy: 'Lower the learning rate in the run file, or check how the features are scaled.',
  },
  'CSM-WEIGHTS-HEADER': {
    message: 'The weights file has no valid header: {problem}.',
    remedy: 'Use a weights file that Consilium wrote; this one was cut, altered or made by something else.',
  },
  'CSM-WEIGHTS-LAYOUT': {
    message: 'The list of tensors is not valid: {problem}.',
    remedy: 'Give each tensor its own name of letters, digits and _ . : / - and a shape without empty dimensions.',
  },
  'CSM-WEIGHTS-SIZE': {
    message: 'The weights take {bytes} bytes where their layout takes {expected}.',
    remedy: 'The file was cut or does not belong to this model; fetch or make it again.',
  },
  'CSM-WEIGHTS-TENSOR': {
    message: 'Tensor {tensor} of the weights file is described wrongly: {problem}.',
    remedy: 'Use a weights file that Consilium wrote; this one was altered or made by something else.',
  },
} as const satisfies ErrorTexts;
