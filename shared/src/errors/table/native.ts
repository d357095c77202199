import type { ErrorTexts } from './texts.js';

/** Putting the native library on a machine. */
export const nativeErrors = {
  'CSM-NATIVE-ARCHIVE': {
    message: '{file} cannot be unpacked: {problem}.',
    remedy: 'Run the command again; if it stays, report it: the file is the one that was expected.',
  },
  'CSM-NATIVE-BUILD': {
    message: 'The addon could not be compiled: {reason}.',
    remedy: 'Use g++ 9 or later (name it in CXX), or report it with this line. What was fetched is kept.',
  },
  'CSM-NATIVE-BUSY': {
    message: 'Another installation (process {pid}) is under way in {folder}.',
    remedy: 'Wait until it ends, or stop it; what it fetched is kept.',
  },
  'CSM-NATIVE-COMPILER': {
    message: 'There is no C++ compiler ({compiler}).',
    remedy: 'Install one (Debian and Ubuntu: apt-get install g++), or name yours in CXX, and run the command again.',
  },
  'CSM-NATIVE-CONFORMANCE': {
    message: 'The new library fails {failed} of {total} tests, the first is {first}; it was not put in place.',
    remedy: 'Run the command with another --source, and report it with the processor or GPU of this machine.',
  },
  'CSM-NATIVE-DISK': {
    message: '{path} cannot be read or written ({reason}).',
    remedy: 'Check space, owner and rights, or name another folder with --to or CONSILIUM_NATIVE.',
  },
  'CSM-NATIVE-FILE': {
    message: '{file} is not among the given files.',
    remedy: 'Bring every file that docs/backends.md lists for this device, unaltered, and name all with --from.',
  },
  'CSM-NATIVE-HASH': {
    message: '{file} does not have the SHA-256 that it must have; it was deleted and nothing was installed.',
    remedy: 'Run the command again. If it stays, something between this machine and the source alters files.',
  },
  'CSM-NATIVE-NO-GPU': {
    message: 'No GPU can be used: {reason}.',
    remedy:
      "Install NVIDIA's driver (525 or later) until nvidia-smi lists the GPU; start a container with --gpus all. For the processor, leave out --gpu.",
  },
  'CSM-NATIVE-PLATFORM': {
    message: 'There is no native library for {platform} with device {device}.',
    remedy: 'Nothing is to be installed: choose backend webgpu for a GPU, or wasm, which trains everywhere.',
  },
  'CSM-NATIVE-SPACE': {
    message: '{folder} has {free} GB free; {needed} GB are needed while installing.',
    remedy: 'Free some space, or name a folder on a larger disk with --to or CONSILIUM_NATIVE.',
  },
  'CSM-NATIVE-START': {
    message: 'The new library does not start: {reason}; it was not put in place.',
    remedy: 'Run the command with another --source; wasm trains meanwhile.',
  },
  'CSM-NATIVE-UNREACHABLE': {
    message: 'The library cannot be fetched: {sources}.',
    remedy:
      'Set HTTPS_PROXY, or proxy and ca in site.yaml; name your own index with --index; or bring the files with --from (docs/backends.md).',
  },
} as const satisfies ErrorTexts;
