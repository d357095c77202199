// A short-lived child of the coordinator: reads what model is wanted from standard input, writes its starting
// weights to standard output. It alone loads the models; the server never does.
import { text } from 'node:stream/consumers';
import { initialWeights } from '@consilium/models/families';
import { onlyStage } from '@consilium/models/training';
import { asCoded, toWire } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import { encodeWeights } from '@consilium/shared/weights';
import { initialRequest } from './request.js';

tether();
try {
  const { features, ...wanted } = initialRequest.parse(JSON.parse(await text(process.stdin)));
  const { shared } = initialWeights({ ...wanted, input: { kind: 'rows', width: features }, stage: onlyStage });
  process.stdout.end(encodeWeights(shared));
} catch (thrown) {
  process.stderr.write(JSON.stringify(toWire(asCoded(thrown))));
  process.exitCode = 1;
}
