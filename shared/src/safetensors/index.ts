// Files that others wrote in the form of github.com/huggingface/safetensors, and the floats in them. Our own are stricter: see weights.
export { type FloatKind, floatBytes, readFloats } from './floats.js';
export { type ByteSource, openTensors, type TensorFile, type TensorPlace } from './tensors.js';
