export { addonSource } from './addon-source.js';
export {
  type NativeInstallation,
  nativeFolder,
  nativeInstallation,
  nativeManifest,
  readNativeInstallation,
} from './installation.js';
export { isLibraryNotice } from './notice.js';
