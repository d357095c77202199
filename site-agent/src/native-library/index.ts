export {
  type InstallRequest,
  type InstallResult,
  type InstallSurroundings,
  installNative,
  type Trial,
} from './install.js';
export { installationIn } from './native-folder.js';
export { type Bundle, bundles, type Pin } from './pins.js';
export { type Run, runProgram } from './run.js';
export type { Stage } from './stage.js';
