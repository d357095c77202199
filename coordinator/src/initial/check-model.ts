// A short-lived child of the lead's command line: reads a run file from standard input, writes what the model's family
// warns of to standard output, and behind it the tensors that the run starts from, if it names a file of them.
import { json } from 'node:stream/consumers';
import { blueprintOf, sameShape } from '@consilium/models/families';
import { inputOf, type RunFile, stagesOf } from '@consilium/shared/contract';
import { asCoded, toWire } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import { encodeWeights } from '@consilium/shared/weights';
import { type Imported, importWeights } from './import-weights.js';
import { checkRequest, type Findings } from './request.js';

/**
 * Columns of the input where the sites or the contract's files will only say them: more than the widest of bags has. What a family refuses
 * or warns of does not depend on it.
 */
const nominalFeatures = 100_000;

tether();
try {
  const { run, folder } = checkRequest.parse(await json(process.stdin));
  const stages = stagesAt(run, nominalFeatures);
  const imported = await importOf(run, folder);
  const warnings = stages.flatMap(({ family, blueprint }, index) => {
    // The shape of an image is known: one too small for the network is refused here, before any site is asked.
    if (blueprint.input.kind === 'images') family.parameters(blueprint);
    return family.warnings?.(blueprint, new Set(imported?.stages[index]?.taken)) ?? [];
  });
  const told: Findings = {
    warnings: [...new Set(warnings)],
    imported: imported === null ? null : { sha256: imported.sha256, sentences: [...imported.sentences] },
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
  process.stdout.end(imported === null ? '' : encodeWeights(imported.tensors));
} catch (thrown) {
  process.stderr.write(JSON.stringify(toWire(asCoded(thrown))));
  process.exitCode = 1;
}

function stagesAt(run: RunFile, features: number) {
  const { family: name, preset, options, classes } = run.model;
  const input = inputOf(run, features);
  return stagesOf(run).map(({ name: stage }) => ({
    ...blueprintOf({ family: name, preset, options, classes: classes.length, input, stage }),
    stage,
  }));
}

async function importOf(run: RunFile, folder: string): Promise<Imported | null> {
  const { weights, family: name } = run.model;
  if (weights === undefined) return null;
  // A tensor whose shape is another one with one feature more waits until the sites have said theirs.
  const wider = stagesAt(run, nominalFeatures + 1).map(
    ({ family, blueprint }) =>
      new Map(family.parameters(blueprint).map((parameter) => [parameter.name, parameter.shape])),
  );
  const stages = stagesAt(run, nominalFeatures).map(({ family, blueprint, stage }, index) => {
    const parameters = family.parameters(blueprint);
    const changed = parameters.filter((parameter) => {
      const other = wider[index]?.get(parameter.name);
      return other === undefined || !sameShape(other, parameter.shape);
    });
    return {
      name: stage,
      parameters,
      open: new Set(changed.map((parameter) => parameter.name)),
      foreign: family.foreign?.(blueprint) ?? [],
    };
  });
  return importWeights({ folder, file: weights.file, family: name, stages });
}
