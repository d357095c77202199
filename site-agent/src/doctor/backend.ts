import { coded } from '@consilium/shared/errors';
import type { RunningBackend } from '../backends/index.js';
import { expectedGigaflops } from './expectation.js';
import { type Finding, fault, fine, warning } from './finding.js';
import type { Capacity } from './machine.js';
import type { Demand, Trial } from './trial.js';
import { inGibibytes } from './units.js';

/**
 * The backend that would train, on which device, and why not a better one.
 * @param ofGpu the finding on the GPU; where it warns, why none is in use is told there
 */
export function examineBackend({ backend, error, said }: Trial, { choice, device }: Demand, ofGpu: Finding): Finding {
  if (backend === null) {
    const lines = said.length === 0 ? {} : { lines: said };
    return fault('Backend', error, lines);
  }
  const { name, note } = backend;
  const described = describeBackend(backend);
  const facts = { asked: { backend: choice, device }, ...backend };
  if (name === 'cpu') return warning('Backend', coded('CSM-DOCTOR-BACKEND-PLAIN'), { facts });
  if (note === undefined || ofGpu.state !== 'ok') return fine('Backend', described, { facts });
  return name === 'wasm'
    ? warning('Backend', coded('CSM-DOCTOR-BACKEND-LOWER', { described, note }), { facts })
    : fine('Backend', `${described}; ${note}`, { facts });
}

function describeBackend({ name, version, device, kind, threads, memoryBytes, driver }: RunningBackend): string {
  const parts = [`${name} ${version} on ${device}`];
  if (memoryBytes !== undefined) parts.push(inGibibytes(memoryBytes));
  if (driver !== undefined) parts.push(`driver ${driver}`);
  if (kind === 'cpu') parts.push(`${threads} ${threads === 1 ? 'thread' : 'threads'}`);
  return parts.join(', ');
}

/** Null where there was no backend to time. */
export function examineSpeed({ backend, speed, error }: Trial, capacity: Capacity, load: number): Finding | null {
  if (backend === null) return null;
  if (speed === null) return fault('Speed', error);
  const expected = expectedGigaflops(backend, capacity);
  const figure = inFigures(speed.gigaflops);
  const facts = { gigaflops: speed.gigaflops, expected, size: speed.size, load };
  const what = `${figure} GFLOP/s in products of ${speed.size} × ${speed.size} matrices`;
  if (speed.gigaflops >= expected) return fine('Speed', `${what}: as expected`, { facts });
  const why = reasonFor(backend, capacity, load);
  return warning('Speed', coded('CSM-DOCTOR-SLOW', { what, expected: inFigures(expected), why }), { facts });
}

function reasonFor({ kind }: RunningBackend, { cores }: Capacity, load: number): string {
  if (kind === 'gpu') return 'another program uses the GPU, or it is throttled';
  return load > cores / 2
    ? `other programs are using the processor (load ${load.toFixed(1)} on ${cores} cores)`
    : 'the processor is throttled, shared with other machines, or older than most';
}

const inFigures = (gigaflops: number): string =>
  gigaflops < 10 ? gigaflops.toFixed(1) : String(Math.round(gigaflops));
