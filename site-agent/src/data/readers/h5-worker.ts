import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { parentPort } from 'node:worker_threads';
import h5wasm, { type Attribute, type Dataset, type File, type Group } from 'h5wasm/node';
import {
  blockBytes,
  type H5Answers,
  type H5Attributes,
  type H5Dataset,
  type H5Entity,
  type H5Question,
  type H5Reply,
} from './h5-messages.js';

// A damaged file can leave the library in a state in which it aborts or never ends. So it runs on a thread of its own,
// which goes with the file; and as it answers every fault with an empty hand, its statuses are looked at here.

class H5Problem extends Error {}
const refuse = (problem: string): never => {
  throw new H5Problem(problem);
};

const h5 = await h5wasm.ready;
// The library writes its faults to stderr, with the names of files.
const streams: unknown = Reflect.get(h5.FS, 'streams');
const stderrStream: unknown = Array.isArray(streams) ? streams[2] : null;
if (typeof stderrStream === 'object' && stderrStream !== null)
  Object.assign(stderrStream, { nfd: openSync(devNull, 'w') });
const { get_dataset_data: readDataset, get_attribute_data: readAttribute } = h5;
h5.get_dataset_data = (...given) => checked(readDataset(...given));
h5.get_attribute_data = (...given) => checked(readAttribute(...given));

/** A read that failed leaves memory as it was: its values are not to be used. */
function checked(status: number): number {
  return status < 0 ? refuse('a part of it cannot be read') : status;
}

/** Compressions of which the library has the reader: deflate, shuffle, checksum, szip, n-bit, scale-offset. */
const ownCodecs = 6;
const maxNames = 2 ** 20;
const maxAttributeValues = 16;

let file: File | null = null;

function answer(question: H5Question): H5Answers[H5Question['ask']] {
  switch (question.ask) {
    case 'open':
      return open(question.path);
    case 'close':
      return close();
    case 'entity':
      return describe(question.place);
    case 'datasets':
      return [...namesOf(groupAt(question.place))].flatMap((name) => {
        const entity = groupAt(question.place).get(name);
        return entity instanceof h5wasm.Dataset ? [{ name, ...datasetOf(entity) }] : [];
      });
    case 'numbers':
      return numbers(question.place, question.from, question.to);
    case 'texts':
      return texts(question.place, question.from, question.to);
    default:
      return question satisfies never;
  }
}

function open(path: string): null {
  const opened = new h5wasm.File(path, 'r');
  if (opened.file_id < 0n) refuse('it is no HDF5 file, or damaged');
  file = opened;
  return null;
}

function close(): null {
  const status = file?.close() ?? 0;
  file = null;
  return status < 0 ? refuse('it cannot be closed') : null;
}

/** What a path leads to. Links to other files are not followed. */
function find(place: string): Dataset | Group | null {
  let found: Dataset | Group = file ?? refuse('it is not open');
  for (const part of place.split('/').filter((name) => name !== '')) {
    if (!(found instanceof h5wasm.Group) || !namesOf(found).includes(part)) return null;
    const next = found.get(part);
    if (!(next instanceof h5wasm.Group || next instanceof h5wasm.Dataset)) return null;
    found = next;
  }
  return found;
}

const groupAt = (place: string): Group => {
  const found = find(place);
  return found instanceof h5wasm.Group ? found : refuse('it has no group where one is needed');
};
const datasetAt = (place: string): Dataset => {
  const found = find(place);
  return found instanceof h5wasm.Dataset ? found : refuse('it has no data where some are needed');
};

function namesOf(group: Group): readonly string[] {
  const names = group.keys();
  return names.length > maxNames ? refuse('a group has too many entries') : names;
}

function describe(place: string): H5Entity | null {
  const found = find(place);
  if (found === null) return null;
  const attributes = attributesOf(found);
  return found instanceof h5wasm.Group
    ? { kind: 'group', names: namesOf(found), attributes }
    : { ...datasetOf(found), attributes };
}

function datasetOf(dataset: Dataset): H5Dataset {
  const { type, size, shape, chunks, vlen, virtual_sources } = dataset.metadata;
  if (virtual_sources !== undefined && virtual_sources.length > 0) refuse('it refers to other files');
  const { H5T_FLOAT, H5T_INTEGER, H5T_ENUM, H5T_STRING } = h5.H5T_class_t;
  const holds =
    type === H5T_STRING.value
      ? 'texts'
      : vlen
        ? 'other'
        : type === H5T_FLOAT.value && (size === 4 || size === 8)
          ? 'floats'
          : type === H5T_INTEGER.value
            ? 'integers'
            : type === H5T_ENUM.value && size === 1
              ? 'truths'
              : 'other';
  const foreign = dataset.filters.find(({ id }) => id > ownCodecs);
  return {
    kind: 'dataset',
    shape: shape ?? [],
    holds,
    bytes: size,
    chunkRows: chunks?.[0] ?? 1,
    foreignCodec: foreign ? nameOf(foreign) : null,
  };
}

const nameOf = ({ id, name }: { readonly id: number; readonly name: string }): string =>
  /^[\w .:+-]{1,40}/.exec(name)?.[0].trim() ?? `codec ${id}`;

function attributesOf(entity: Dataset | Group): H5Attributes {
  const values: Record<string, string | readonly number[]> = {};
  for (const [name, attribute] of Object.entries(entity.attrs)) {
    const value = isShort(attribute) ? attribute.value : null;
    if (typeof value === 'string') values[name] = value;
    else if (typeof value === 'number' || typeof value === 'bigint') values[name] = [Number(value)];
    else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) values[name] = Array.from(value, Number);
  }
  return values;
}

const isShort = ({ metadata }: Attribute): boolean =>
  (metadata.shape ?? []).reduce((a, b) => a * b, 1) <= maxAttributeValues;

/** The rows' range over the first dimension, everything of the others; no more than a block. */
function slice(dataset: Dataset, from: number, to: number): ReturnType<Dataset['slice']> {
  const { shape, bytes, foreignCodec } = datasetOf(dataset);
  const memoryBytes = Math.max(bytes, Float64Array.BYTES_PER_ELEMENT);
  if (foreignCodec !== null) refuse('its compression is not known');
  const [rows = 0, ...others] = shape;
  const values = others.reduce((product, size) => product * size, to - from);
  if (!(from >= 0 && from <= to && to <= rows)) refuse('rows are asked for that it does not have');
  if (!(values * memoryBytes <= blockBytes)) refuse('a row of it is too long');
  return values === 0 ? null : dataset.slice([[from, to], ...others.map((size): [number, number] => [0, size])]);
}

function numbers(place: string, from: number, to: number): Float64Array {
  const values = slice(datasetAt(place), from, to);
  if (values === null) return new Float64Array();
  if (!ArrayBuffer.isView(values) || values instanceof DataView)
    return refuse('it holds no numbers where some are needed');
  return Float64Array.from(values, Number);
}

function texts(place: string, from: number, to: number): readonly string[] {
  const values = slice(datasetAt(place), from, to);
  if (values === null) return [];
  return Array.isArray(values)
    ? values.map((value) => (typeof value === 'string' ? value : refuse('it holds no texts where some are needed')))
    : refuse('it holds no texts where some are needed');
}

parentPort?.on('message', (question: H5Question) => {
  parentPort?.postMessage(reply(question));
});

function reply(question: H5Question): H5Reply {
  try {
    return { answer: answer(question) };
  } catch (thrown) {
    return { problem: thrown instanceof H5Problem ? thrown.message : 'it is damaged' };
  }
}
