import { describe, expect, it } from 'vitest';
import { isLibraryNotice } from './index.js';

describe('lines of the library on stderr', () => {
  it.each([
    'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
    'I0000 00:00:1795258121.088372   19057 port.cc:153] oneDNN custom operations are on.',
  ])('may be a notice: %s', (line) => {
    expect(isLibraryNotice(line)).toBe(true);
  });

  it.each([
    'W0000 00:00:1795258121.088372   19057 gpu_device.cc:2344] Cannot dlopen some GPU libraries.',
    'E0000 00:00:1795258121.088372   19057 cuda_dnn.cc:8310] Unable to register cuDNN factory',
    'I was killed',
    '',
  ])('may be a fault: "%s"', (line) => {
    expect(isLibraryNotice(line)).toBe(false);
  });
});
