/** A file that may be installed, by its content. */
export interface Pin {
  /** As it is named where it is published. */
  readonly name: string;
  readonly sha256: string;
  /** Null where it is not known beforehand. */
  readonly bytes: number | null;
}

/** The files that make one TensorFlow library. */
export interface Bundle {
  /** Names the folder of the installation. */
  readonly name: string;
  readonly kind: 'archive' | 'wheel';
  readonly version: string;
  readonly arch: 'x64' | 'arm64';
  readonly device: 'cpu' | 'gpu';
  /** Folder on the web of an archive; a wheel is looked up in an index. */
  readonly base?: string;
  readonly files: readonly Pin[];
}

const official = 'https://storage.googleapis.com/tensorflow/libtensorflow/';

const pin = (name: string, sha256: string, bytes: number | null): Pin => ({ name, sha256, bytes });

/**
 * Everything that `backend install native` may put on a machine, Linux alone, in the order in which it is tried. Nothing else is
 * ever installed. Each SHA-256 is what lock files of public projects state: the archives' those of nixpkgs and of graft (the GPU
 * archive of graft alone, that for arm64 of nixpkgs alone), the wheels' those of PyPI, for the CUDA companions held against two
 * lock files each. The processor's wheel was computed from the file itself, too.
 */
export const bundles: readonly Bundle[] = [
  {
    // Before the archive, which is of 2022: this is the library that the conformance suite and the benches ran on.
    name: 'tensorflow-cpu-2.21.0',
    kind: 'wheel',
    version: '2.21.0',
    arch: 'x64',
    device: 'cpu',
    files: [
      pin(
        'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
        '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
        273_829_956,
      ),
    ],
  },
  {
    name: 'libtensorflow-cpu-2.9.1',
    kind: 'archive',
    version: '2.9.1',
    arch: 'x64',
    device: 'cpu',
    base: official,
    files: [
      pin(
        'libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz',
        '7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173',
        null,
      ),
    ],
  },
  {
    name: 'libtensorflow-cpu-2.7.0',
    kind: 'archive',
    version: '2.7.0',
    arch: 'arm64',
    device: 'cpu',
    base: 'https://storage.googleapis.com/tf-builds/',
    files: [
      pin(
        'libtensorflow_r2_7_linux_arm64.tar.gz',
        '9395d1ff39f5b6847f5121e679ff4e599dc7061a2a7f87ceac061c78e908e6e3',
        null,
      ),
    ],
  },
  {
    // Before the GPU archive, which wants CUDA 11.2 and cuDNN 8.1 on the machine and has no kernels for Hopper. These bring
    // CUDA 12.8 with them and need the driver alone. Versions lie within the ranges of the release's extra `and-cuda`; this cuDNN
    // still has kernels for Pascal and Volta.
    name: 'tensorflow-2.21.0-cuda12',
    kind: 'wheel',
    version: '2.21.0',
    arch: 'x64',
    device: 'gpu',
    files: [
      pin(
        'tensorflow-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl',
        'e9d8da8dcab9650efb45f032ba70af2f016f907e6e0c6bda29dd101bba945406',
        572_881_074,
      ),
      pin(
        'nvidia_cublas_cu12-12.8.4.1-py3-none-manylinux_2_27_x86_64.whl',
        '8ac4e771d5a348c551b2a426eda6193c19aa630236b418086020df5ba9667142',
        594_346_921,
      ),
      pin(
        'nvidia_cuda_cupti_cu12-12.8.90-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
        10_248_621,
      ),
      pin(
        'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
        40_546_229,
      ),
      pin(
        'nvidia_cuda_nvrtc_cu12-12.8.93-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        'a7756528852ef889772a84c6cd89d41dfa74667e24cca16bb31f8f061e3e9994',
        88_040_029,
      ),
      pin(
        'nvidia_cuda_runtime_cu12-12.8.90-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        'adade8dcbd0edf427b7204d480d6066d33902cab2a4707dcfc48a2d0fd44ab90',
        954_765,
      ),
      pin(
        'nvidia_cudnn_cu12-9.10.2.21-py3-none-manylinux_2_27_x86_64.whl',
        '949452be657fa16687d0930933f032835951ef0892b37d2d53824d1a84dc97a8',
        706_758_467,
      ),
      pin(
        'nvidia_cufft_cu12-11.3.3.83-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        '4d2dd21ec0b88cf61b62e6b43564355e5222e4a3fb394cac0db101f2dd0d4f74',
        193_118_695,
      ),
      pin(
        'nvidia_curand_cu12-10.3.9.90-py3-none-manylinux_2_27_x86_64.whl',
        'b32331d4f4df5d6eefa0554c565b626c7216f87a06a4f56fab27c3b68a830ec9',
        63_619_976,
      ),
      pin(
        'nvidia_cusolver_cu12-11.7.3.90-py3-none-manylinux_2_27_x86_64.whl',
        '4376c11ad263152bd50ea295c05370360776f8c3427b30991df774f9fb26c450',
        267_506_905,
      ),
      pin(
        'nvidia_cusparse_cu12-12.5.8.93-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
        '1ec05d76bbbd8b61b06a80e1eaf8cf4959c3d4ce8e711b65ebd0443bb0ebb13b',
        288_216_466,
      ),
      pin(
        'nvidia_nccl_cu12-2.28.9-py3-none-manylinux_2_18_x86_64.whl',
        '485776daa8447da5da39681af455aa3b2c2586ddcf4af8772495e7c532c7e5ab',
        296_782_137,
      ),
      pin(
        'nvidia_nvjitlink_cu12-12.8.93-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
        '81ff63371a7ebd6e6451970684f916be2eab07321b73c9d244dc2b4da7f73b88',
        39_254_836,
      ),
    ],
  },
  {
    name: 'libtensorflow-gpu-2.9.1',
    kind: 'archive',
    version: '2.9.1',
    arch: 'x64',
    device: 'gpu',
    base: official,
    files: [
      pin(
        'libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz',
        '20c46f761d5905f592c4eac0812e8e50d9cb439f9440a9391912cf4c02ed8be8',
        null,
      ),
    ],
  },
];
