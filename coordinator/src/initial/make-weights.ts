// A short-lived child of the coordinator: reads what model is wanted from standard input, writes the weights that it
// starts from to standard output. It alone loads the models; the server never does.
import { buffer } from 'node:stream/consumers';
import { initialWeights } from '@consilium/models/families';
import { asCoded, toWire } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import { decodeWeights, encodeWeights, type Weights } from '@consilium/shared/weights';
import { initialRequest, lengthBytes } from './request.js';

tether();
try {
  const given = await buffer(process.stdin);
  const end = given.indexOf('\n');
  const { earlier, imported, ...wanted } = initialRequest.parse(JSON.parse(given.toString('utf8', 0, end)));
  const files = filesIn(given.subarray(end + 1), imported === null ? earlier : [...earlier, imported]);
  const { shared, frozen } = initialWeights({
    ...wanted,
    earlier: files.slice(0, earlier.length),
    imported: files[earlier.length] ?? null,
  });
  const model = encodeWeights(shared);
  const length = Buffer.alloc(lengthBytes);
  length.writeBigUInt64LE(BigInt(model.length));
  process.stdout.write(length);
  process.stdout.write(model);
  process.stdout.end(frozen === null ? '' : encodeWeights(frozen));
} catch (thrown) {
  process.stderr.write(JSON.stringify(toWire(asCoded(thrown))));
  process.exitCode = 1;
}

function filesIn(bytes: Uint8Array, lengths: readonly number[]): readonly Weights[] {
  let at = 0;
  return lengths.map((length) => {
    const file = decodeWeights(bytes.subarray(at, at + length));
    at += length;
    return file;
  });
}
