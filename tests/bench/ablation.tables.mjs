// What is taken apart: a run file a table, and what each row changes of it. Every change is a setting of the run file.

/** All combinations, the last choice turning fastest: changes of the run file, and the row's name from the choices' names. */
function grid(...choices) {
  return choices.reduce(
    (rows, own) =>
      rows.flatMap((row) =>
        own.map(({ name, changes }) => ({ name: [...row.name, name], changes: { ...row.changes, ...changes } })),
      ),
    [{ name: [], changes: {} }],
  );
}

const each = (setting, values, word = setting.split('.').at(-1)) =>
  values.map((value) => ({ name: `${word} ${value}`, changes: { [setting]: value } }));

const option = (name) => `model.options.${name}`;
const corrections = { stain: 'federated', clahe: { clip: 2, tiles: 4 } };

const images = (options) => `
name: white-blood-cells
model:
  family: vgg19-mhsa
  preset: small
  classes: [neutrophil, eosinophil, basophil, lymphocyte, monocyte]
  options: ${options}
data: { kind: images, id: id, label: class, file: file, side: 32, files: { samples: split.csv, split: split.csv } }
training:
  rounds: 6
  batchSize: 8
  classWeights: sqrt
  optimizer: { name: adam, rate: 3e-3, weightDecay: 1e-4 }
  schedule: { name: cosine, warmUp: 0.1, final: 0.01 }
`;

const cells = (data) => `
name: cells
model: { family: blood-autoencoder, preset: paper, ${data.model} }
data: { id: cell, features: common, ${data.data} }
preparation: { ${data.preparation} }
training: { rounds: 3, localEpochs: 2, batchSize: 16, optimizer: { name: adam, rate: 1e-3 } }
stages:
  - { name: autoencoder }
  - { name: head, rounds: 5, localEpochs: 3 }
`;

const heads = [
  ...grid(each(option('latent'), [128, 256, 512])),
  ...grid(each(option('dropout'), [0, 0.1, 0.2])),
  ...grid(
    [{ name: 'transformer', changes: { [option('head')]: 'transformer' } }],
    each(option('attentionHeads'), [1, 2, 4, 8], 'heads'),
  ),
  ...grid(
    [{ name: 'gcn', changes: { [option('head')]: 'gcn' } }],
    each(option('threshold'), [0.2, 0.3, 0.4, 0.5, 0.6]),
  ),
];

/** By family and name: the run file, where its sites come from, and the rows. */
export const tables = {
  'vgg19-mhsa': {
    losses: {
      source: 'white-blood-cells',
      run: images('{ normalisation: batchLocal }'),
      rows: grid(
        [
          { name: 'without attention', changes: { [option('attention')]: false } },
          { name: 'attention', changes: { [option('attention')]: true } },
        ],
        [
          { name: 'cross-entropy', changes: { [option('loss')]: 'crossEntropy' } },
          ...each(option('gamma'), [1, 2, 3, 5], 'focal'),
        ],
        [
          { name: 'as they are', changes: {} },
          { name: 'stain and CLAHE', changes: { 'preparation.image': corrections } },
        ],
      ),
    },
    normalisation: {
      source: 'white-blood-cells',
      run: images('{}'),
      rows: grid(
        each(option('normalisation'), ['batchShared', 'batchLocal', 'group', 'none'], 'normalisation').map(
          ({ name, changes }) => ({ name: name.replace(/^normalisation /, ''), changes }),
        ),
        [
          { name: 'as they are', changes: {} },
          { name: 'stain', changes: { 'preparation.image': { stain: 'federated' } } },
        ],
        [
          { name: 'not augmented', changes: { [option('augment')]: false } },
          { name: 'augmented', changes: { [option('augment')]: true } },
        ],
      ),
    },
    split: {
      source: 'discs',
      run: `
name: discs
model: { family: vgg19-mhsa, preset: small, classes: [A, B, C, D], options: { normalisation: batchLocal } }
data: { kind: images, id: cell, label: class, file: file, side: 24, files: { samples: cells.csv } }
training: { rounds: 6, localEpochs: 2, batchSize: 8, optimizer: { name: adam, rate: 3e-3 } }
`,
      rows: grid([
        { name: 'by image', changes: {} },
        { name: 'by patient', changes: { 'data.patient': 'patient' } },
      ]),
    },
  },
  'blood-autoencoder': {
    interferon: {
      source: 'interferon-cells',
      run: cells({
        model: 'classes: [ctrl, stim], options: { width1: 256, width2: 256 }',
        data: `kind: cells, label: condition, transforms: [{ perCell: 10000 }, { log1p: all }],
  files: { features: matrix.mtx.gz, genes: genes.txt, samples: cells.csv, split: split.csv }`,
        preparation: 'select: { variance: 500 }, scale: unit, clip: 10',
      }),
      rows: heads,
    },
    lanes: {
      source: 'immune-cells',
      run: cells({
        model: `options: { width1: 256, width2: 256 }, classes: [CD14+ Monocyte, CD19+ B, CD34+, CD4+/CD25 T Reg,
    CD4+/CD45RA+/CD25- Naive T, CD4+/CD45RO+ Memory, CD56+ NK, CD8+ Cytotoxic T, CD8+/CD45RA+ Naive Cytotoxic, Dendritic]`,
        data: `kind: expression-table, label: cell_type,
  files: { features: cells.csv.gz, samples: lanes.csv, split: split.csv }`,
        preparation: 'scale: unit, clip: 10',
      }),
      rows: heads,
    },
  },
};
