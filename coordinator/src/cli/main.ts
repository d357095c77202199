import { tether } from '@consilium/shared/process';
import { processContext } from './context.js';
import { faultText } from './output.js';
import { createProgram } from './program.js';

tether();
const context = processContext();
try {
  await createProgram(context).parseAsync();
} catch (thrown) {
  if (context.signal.aborted) {
    process.exitCode = 130;
  } else {
    process.stderr.write(`${faultText(thrown, process.env.CONSILIUM_DEBUG !== undefined)}\n`);
    process.exitCode ||= 1;
  }
}
