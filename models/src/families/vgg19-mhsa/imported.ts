import type { ForeignTensor } from '../family.js';
import { architectures, type Vgg19Options } from './config.js';

/** PyTorch keeps kernels as [out, in, height, width], we as [height, width, in, out]. */
const kernelAxes = [2, 3, 1, 0];

/**
 * The convolutions as PyTorch's VGG19 names them: `features.N`, where N counts convolutions, their ReLUs and the pools. Its dense layers
 * have no counterpart here.
 */
export function torchTensors({ preset }: Pick<Vgg19Options, 'preset'>): readonly ForeignTensor[] {
  let index = 0;
  return architectures[preset].blocks.flatMap((widths, block) => {
    const tensors = widths.flatMap((_, place) => {
      const convolution = `block${block + 1}/conv${place + 1}`;
      const name = `features.${index}`;
      index += 2;
      return [
        { tensor: `${convolution}/kernel`, name: `${name}.weight`, axes: kernelAxes },
        { tensor: `${convolution}/bias`, name: `${name}.bias` },
      ];
    });
    index += 1;
    return tensors;
  });
}
