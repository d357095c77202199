import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { stream } from '@consilium/models/layers';
import { discs } from '@consilium/models/synthetic';
import sharp from 'sharp';
import { dataFolder } from './quality.options.mjs';

/** The hospitals of a table: folders, and whose rows in them. `folder` is an empty one for what has to be written. */
export const sites = {
  async 'white-blood-cells'() {
    return byColumn(dataFolder('wbc-5class-4sites'), 'site', ['bccd', 'chula', 'jtsc']);
  },
  /** The source names no donors: every fourth cell makes a site. */
  async 'interferon-cells'(folder) {
    const names = Array.from({ length: 4 }, (_, site) => `site-${site + 1}`);
    const source = dataFolder('pbmc-ifn-stim');
    const [header, ...lines] = linesOf(await readFile(join(source, 'cells.csv'), 'utf8'));
    await link(source, folder, ['matrix.mtx.gz', 'genes.txt', 'split.csv']);
    await writeLines(join(folder, 'cells.csv'), [
      `${header},site`,
      ...lines.map((line, row) => `${line},${names[row % names.length]}`),
    ]);
    return byColumn(folder, 'site', names);
  },
  /** Eight lanes of a sequencing machine; the last part of a cell's barcode names its own. */
  async 'immune-cells'(folder) {
    const source = dataFolder('pbmc68k-reduced');
    const [, ...lines] = linesOf(gunzipSync(await readFile(join(source, 'cells.csv.gz'))).toString('utf8'));
    const barcodes = lines.map((line) => line.slice(0, line.indexOf(',')));
    const laneOf = (barcode) => `lane-${barcode.split('-').at(-1)}`;
    await link(source, folder, ['cells.csv.gz', 'split.csv']);
    await writeLines(join(folder, 'lanes.csv'), ['cell,lane', ...barcodes.map((own) => `${own},${laneOf(own)}`)]);
    return byColumn(folder, 'lane', [...new Set(barcodes.map(laneOf))].sort());
  },
  discs: inventLaboratories,
};

const byColumn = (directory, column, values) =>
  values.map((site) => ({ site, directory, rows: { column, equals: site } }));

const linesOf = (text) => text.trimEnd().split(/\r?\n/);
const writeLines = (path, lines) => writeFile(path, `${lines.join('\n')}\n`);

async function link(from, to, names) {
  for (const name of names) await symlink(join(from, name), join(to, name));
}

const invented = { patients: 30, imagesEach: 4, side: 24, classes: ['A', 'B', 'C', 'D'] };
/** How far images of one patient differ in light, as a share, and from pixel to pixel, in levels. */
const differing = { light: 0.1, grain: 6 };

/** Three laboratories with several images of each patient's cell, which are alike but for light and grain. */
async function inventLaboratories(folder) {
  const { patients, imagesEach, side, classes } = invented;
  const size = 3 * side ** 2;
  return Promise.all(
    ['north', 'south', 'west'].map(async (site) => {
      const directory = join(folder, site);
      await mkdir(directory);
      const cells = discs({ seed: 5, site, images: patients, classes: classes.length, side, stain: 0.3 });
      const random = stream(5, 'patients', site);
      const lines = ['cell,patient,class,file'];
      for (const [patient, label] of cells.y.entries()) {
        const own = cells.input.pixels.subarray(patient * size, (patient + 1) * size);
        for (let image = 0; image < imagesEach; image++) {
          const light = 1 + differing.light * (2 * random.uniform() - 1);
          const pixels = Uint8ClampedArray.from(own, (level) => light * level + differing.grain * random.normal());
          const file = `${patient}-${image}.png`;
          await sharp(Buffer.from(pixels.buffer), { raw: { width: side, height: side, channels: 3 } })
            .png()
            .toFile(join(directory, file));
          lines.push(`c${patient}-${image},p${patient},${classes[label]},${file}`);
        }
      }
      await writeLines(join(directory, 'cells.csv'), lines);
      return { site, directory };
    }),
  );
}
