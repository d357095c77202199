// A short-lived child of the lead's command line: reads a run file from standard input, writes what the model's family
// warns of to standard output.
import { text } from 'node:stream/consumers';
import { blueprintOf } from '@consilium/models/families';
import { inputOf, runFile, stagesOf } from '@consilium/shared/contract';
import { asCoded, toWire } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';

/**
 * Columns of the input where the sites or the contract's files will only say them: more than the widest of bags has. What a family refuses
 * or warns of does not depend on it.
 */
const nominalFeatures = 100_000;

tether();
try {
  const run = runFile.parse(JSON.parse(await text(process.stdin)));
  const { family: name, preset, options, classes } = run.model;
  const input = inputOf(run, nominalFeatures);
  const warnings = stagesOf(run).flatMap(({ name: stage }) => {
    const { family, blueprint } = blueprintOf({ family: name, preset, options, classes: classes.length, input, stage });
    // The shape of an image is known: one too small for the network is refused here, before any site is asked.
    if (input.kind === 'images') family.parameters(blueprint);
    return family.warnings?.(blueprint) ?? [];
  });
  process.stdout.end(JSON.stringify([...new Set(warnings)]));
} catch (thrown) {
  process.stderr.write(JSON.stringify(toWire(asCoded(thrown))));
  process.exitCode = 1;
}
