export { addonSource } from './addon-source.js';
export {
  type NativeInstallation,
  nativeFolder,
  nativeInstallation,
  nativeManifest,
  readNativeInstallation,
} from './installation.js';
export { type KernelSources, kernelSources } from './kernel-sources.js';
export { isLibraryNotice } from './notice.js';
