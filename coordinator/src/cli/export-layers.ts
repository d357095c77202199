import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tf, useBackend } from '@consilium/models/backend';
import { blueprintOf } from '@consilium/models/families';
import { type Contract, inputOf, stagesOf } from '@consilium/shared/contract';
import { CodedError, fail } from '@consilium/shared/errors';
import { decodeWeights, elementsOf } from '@consilium/shared/weights';

export interface LayersWanted {
  readonly contract: Contract;
  readonly features: number;
  /** The files of the model: what it trained and what it did not. */
  readonly files: readonly Uint8Array[];
}

/**
 * Writes a finished model as TensorFlow.js loads it in a browser: `model.json`, and `weights.bin` beside it.
 * @returns why there is none, as one sentence; null where it was written
 */
export async function writeLayers(folder: string, wanted: LayersWanted): Promise<string | null> {
  try {
    await useBackend('cpu');
    const model = layersOf(wanted);
    try {
      await save(model, folder, wanted.contract.runFile.model.classes);
    } finally {
      model.dispose();
    }
    return null;
  } catch (thrown) {
    // The export is whole without it; its card says why it has none.
    if (thrown instanceof CodedError) return thrown.message;
    throw thrown;
  }
}

function layersOf({ contract, features, files }: LayersWanted): tf.LayersModel {
  const { runFile } = contract;
  const { name: stage } = stagesOf(runFile).at(-1)!;
  const { family, blueprint } = blueprintOf({
    ...runFile.model,
    ...{ classes: runFile.model.classes.length, input: inputOf(runFile, features), stage },
  });
  if (family.toLayers === undefined) {
    return fail('CSM-EXPORT-LAYERS', { family: family.name, problem: 'no public layers say what its network does' });
  }
  return family.toLayers(blueprint, new Map(files.flatMap((file) => [...tensorsOf(file)])));
}

function* tensorsOf(file: Uint8Array): Iterable<readonly [string, Float32Array]> {
  const { layout, values } = decodeWeights(file);
  let offset = 0;
  for (const { name, shape } of layout) {
    const end = offset + elementsOf(shape);
    yield [name, values.subarray(offset, end)];
    offset = end;
  }
}

const weightsFile = 'weights.bin';

async function save(model: tf.LayersModel, folder: string, classes: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  model.setUserDefinedMetadata({ classes: [...classes], outputs: 'logits' });
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const { format, generatedBy, modelTopology, weightSpecs, weightData, userDefinedMetadata } = artifacts;
      const weightsManifest = [{ paths: [weightsFile], weights: weightSpecs }];
      const described = { format, generatedBy, convertedBy: null, modelTopology, weightsManifest, userDefinedMetadata };
      await writeFile(join(folder, 'model.json'), JSON.stringify(described));
      await writeFile(
        join(folder, weightsFile),
        Buffer.concat([weightData ?? []].flat().map((part) => Buffer.from(part))),
      );
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    }),
  );
}
