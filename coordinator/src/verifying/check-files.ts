import { sha256 } from '@consilium/shared/canonical';
import { coded } from '@consilium/shared/errors';
import {
  digestFile,
  type ExportSeal,
  type FileDigest,
  pieceBytesOf,
  readSums,
  sealFile,
  sumsFile,
  writeSums,
} from '@consilium/shared/exported';
import type { BlobHash } from '@consilium/shared/ids';
import { decodeHeader, elementsOf, headerLimitBytes } from '@consilium/shared/weights';
import { type ByteRange, type Finding, finding } from './finding.js';
import { chunksOf, type ExportFolder, wholeFile } from './folder.js';

/** Compares every file of the folder with what the lead sealed. */
export async function checkFiles(folder: ExportFolder, seal: ExportSeal): Promise<readonly Finding[]> {
  const names = await folder.names();
  const known = new Set([...Object.keys(seal.files), sealFile, sumsFile]);
  const findings = names.filter((name) => !known.has(name)).map(added);
  for (const [name, digest] of Object.entries(seal.files)) {
    if (!names.includes(name)) findings.push(missing(name));
    else findings.push(...(await checkFile(folder, name, digest)));
  }
  if (!names.includes(sumsFile)) return [...findings, missing(sumsFile)];
  return [...findings, ...(await checkSums(folder, seal))];
}

/** What can be said of the files when the seal does not hold: what their list of hashes says. */
export async function checkBySums(folder: ExportFolder): Promise<readonly Finding[]> {
  const names = await folder.names();
  if (!names.includes(sumsFile)) return [missing(sumsFile)];
  const sums = readSums(Buffer.from(await wholeFile(folder, sumsFile)).toString('utf8'));
  if (sums === null) return [altered(sumsFile, 'it is no list of hashes')];
  const findings = names.filter((name) => !sums.has(name) && name !== sumsFile && name !== sealFile).map(added);
  for (const [name, hash] of sums) {
    if (name === sealFile) continue;
    if (!names.includes(name)) findings.push(missing(name));
    else findings.push(...(await checkFile(folder, name, { sha256: hash })));
  }
  return findings;
}

async function checkFile(
  folder: ExportFolder,
  name: string,
  sealed: Pick<FileDigest, 'sha256' | 'pieces'> & Partial<FileDigest>,
): Promise<readonly Finding[]> {
  const size = await folder.size(name);
  const pieceBytes = sealed.pieces?.bytes ?? pieceBytesOf(size);
  const found = await digestFile(chunksOf(folder, name), pieceBytes);
  if (found.sha256 === sealed.sha256) return [];
  const ranges = rangesOf(sealed, found, pieceBytes);
  const tensors = await tensorsIn(folder, name, ranges);
  const length =
    sealed.bytes === undefined || sealed.bytes === found.bytes
      ? []
      : [`it has ${found.bytes} bytes, not ${sealed.bytes}`];
  const places = ranges.map(({ start, end }) => `bytes ${start} to ${end - 1}`).join(', ');
  const within = tensors.length === 0 ? '' : ` (${tensors.slice(0, 8).join(', ')}${tensors.length > 8 ? ', …' : ''})`;
  const problem = [...length, ...(places === '' ? [] : [`it differs in ${places}${within}`])].join('; ');
  return [altered(name, problem === '' ? 'it has another hash' : problem, { ranges, tensors })];
}

/** Where pieces differ, neighbours together; all of a file that has no pieces. */
function rangesOf(sealed: Partial<FileDigest>, found: FileDigest, pieceBytes: number): readonly ByteRange[] {
  const { bytes } = found;
  if (sealed.pieces === undefined || found.pieces === undefined) return bytes === 0 ? [] : [{ start: 0, end: bytes }];
  const ranges: { start: number; end: number }[] = [];
  for (const [index, hash] of found.pieces.sha256.entries()) {
    if (hash === sealed.pieces.sha256[index]) continue;
    const start = index * pieceBytes;
    const end = Math.min(bytes, start + pieceBytes);
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

/** The tensors of a weights file that lie in these bytes; none where it is no weights file, or its header is hit. */
async function tensorsIn(folder: ExportFolder, name: string, ranges: readonly ByteRange[]): Promise<readonly string[]> {
  try {
    const { layout, headerBytes } = decodeHeader(await folder.read(name, 0, headerLimitBytes));
    let start = headerBytes;
    const hit: string[] = [];
    for (const { name: tensor, shape } of layout) {
      const end = start + elementsOf(shape) * Float32Array.BYTES_PER_ELEMENT;
      const from = start;
      if (ranges.some((range) => range.start < end && range.end > from)) hit.push(tensor);
      start = end;
    }
    return hit;
  } catch {
    return [];
  }
}

async function checkSums(folder: ExportFolder, seal: ExportSeal): Promise<readonly Finding[]> {
  const hashes = new Map<string, BlobHash>(Object.entries(seal.files).map(([name, own]) => [name, own.sha256]));
  hashes.set(sealFile, sha256(await wholeFile(folder, sealFile)));
  const found = Buffer.from(await wholeFile(folder, sumsFile));
  const expected = Buffer.from(writeSums(hashes), 'utf8');
  if (found.equals(expected)) return [];
  const same = found.findIndex((byte, index) => byte !== expected[index]);
  const start = same < 0 ? Math.min(found.length, expected.length) : same;
  return [altered(sumsFile, `it differs from the seal at byte ${start}`, { ranges: [{ start, end: start + 1 }] })];
}

const altered = (file: string, problem: string, where: Partial<Finding> = {}): Finding =>
  finding(file, coded('CSM-VERIFY-FILE', { file, problem }), where);
const added = (file: string): Finding => finding(file, coded('CSM-VERIFY-ADDED', { file }));
const missing = (file: string): Finding => finding(file, coded('CSM-VERIFY-MISSING', { file }));
