// What is trained, at the sizes of the publications: see the README of each family.
import { stream } from '@consilium/models/layers';
import { labelled } from '@consilium/models/samples';

const [karyotypeBits, mutationBits, cellsOfSmear] = [24, 40, 480];

/** Stage and input of each case; `samples` draws one batch. Their values are noise: a step takes as long whatever they are. */
export const cases = {
  'attention-aml': { family: 'attention-aml', stage: 'train', classes: 21, samples: () => rowsOf(32, 2000, 21) },
  amu: { family: 'amu', stage: 'train', classes: 2, samples: () => rowsOf(32, 160, 2) },
  'vgg19-mhsa': { family: 'vgg19-mhsa', stage: 'train', classes: 4, samples: () => imagesOf(32, 224, 4) },
  autoencoder: {
    ...{ family: 'blood-autoencoder', stage: 'autoencoder', classes: 7 },
    samples: () => rowsOf(256, 29_150, 7),
  },
  'autoencoder-head': {
    ...{ family: 'blood-autoencoder', stage: 'head', classes: 7 },
    samples: () => rowsOf(256, 29_150, 7),
  },
  'genbloom-pretrain': { family: 'genbloom', stage: 'pretrain', classes: 10, samples: () => bagsOf(4, 768, 10) },
  'genbloom-align': { family: 'genbloom', stage: 'align', classes: 10, samples: () => bagsOf(4, 768, 10) },
  'genbloom-probe': { family: 'genbloom', stage: 'probe', classes: 10, samples: () => bagsOf(4, 768, 10) },
};

const random = stream(1, 'full-size');
const labelsOf = (rows, classes) => Int32Array.from({ length: rows }, (_, row) => row % classes);
const noise = (count) => Float32Array.from({ length: count }, () => random.normal());

const rowsOf = (rows, width, classes) =>
  labelled({ kind: 'rows', rows, width, values: noise(rows * width) }, labelsOf(rows, classes));

function imagesOf(rows, side, classes) {
  const pixels = Uint8Array.from({ length: rows * side ** 2 * 3 }, () => Math.floor(256 * random.uniform()));
  return labelled({ kind: 'images', rows, side, pixels }, labelsOf(rows, classes));
}

function bagsOf(rows, width, classes) {
  const starts = Int32Array.from({ length: rows + 1 }, (_, row) => row * cellsOfSmear);
  const bags = { kind: 'bags', rows, width, starts, values: noise(rows * cellsOfSmear * width) };
  const table = (bits) => ({
    width: bits,
    values: Float32Array.from({ length: rows * bits }, () => Number(random.uniform() < 0.2)),
  });
  return {
    ...labelled(bags, labelsOf(rows, classes)),
    sides: { karyotype: table(karyotypeBits), mutations: table(mutationBits) },
  };
}
