export { type NativeInstallation, nativeFolder, nativeInstallation, readNativeInstallation } from './installation.js';
