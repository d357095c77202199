/** A GPU as the tool of NVIDIA's driver names it. */
export interface NvidiaGpu {
  readonly name: string;
  /** Null where the tool does not tell, as of memory that the GPU shares with the processor. */
  readonly memoryBytes: number | null;
  readonly driver: string;
}

/** The tool, and the words that make it list its GPUs. */
export const nvidiaTool = {
  program: 'nvidia-smi',
  words: ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'],
} as const;

/** Reads its lines of `name, memory in MiB, driver`; what is not such a line is left out. */
export const parseNvidiaGpus = (text: string): readonly NvidiaGpu[] =>
  text.split('\n').flatMap((line) => {
    const [, name = '', memory = '', driver = ''] = /^(.+), (\d+|\[[^\]]*\]), ([\w.]+)\s*$/.exec(line) ?? [];
    if (driver === '') return [];
    return [{ name: name.trim(), memoryBytes: /^\d/.test(memory) ? Number(memory) * 2 ** 20 : null, driver }];
  });
