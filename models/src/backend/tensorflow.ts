/**
 * The one `tf` of the models. The union package is taken rather than `tfjs-core`, because core's Node bundle carries
 * neither gradients nor chained operations, and a second copy of core would be a second engine.
 * Loading the wasm backend with it keeps TensorFlow.js from quietly running on its `cpu` backend: until `useBackend`
 * has chosen, every operation throws.
 */
import '@tensorflow/tfjs-backend-wasm';

export * as tf from '@tensorflow/tfjs';
