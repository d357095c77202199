import {
  added,
  addition,
  type Change,
  deletion,
  duplication,
  isochromosome,
  joined,
  joinedArms,
  marker,
  rearrangement,
  repeated,
  unbalanced,
  wholeChromosome,
} from './changes.js';
import { type Arm, type Band, exists, isCentromere } from './chromosomes.js';
import type { Text } from './text.js';

/** An abnormality as it is written, with its own number of times: `+8`, `-Yc`, `del(5)(q13q33)`, `+der(22)t(9;22)(q34;q11.2)`, `+2mar`. */
export function readAbnormality(text: Text): Change {
  const sign = text.take(/[+-]/y);
  const single = readSigned(text, sign) ?? readNamed(text, sign);
  text.take(/c(?![a-z])/y);
  const times = text.take(/x[2-9](?!\d)/y);
  return times === null ? single : repeated(single, Number(times.slice(1)));
}

/** A whole chromosome or a marker; null where something else follows the sign. */
function readSigned(text: Text, sign: string | null): Change | null {
  if (sign === null) return null;
  const markers = text.take(/(?:[1-9](?:~[1-9])?)?mar\d{0,2}/y);
  if (markers !== null) {
    if (sign === '-') text.refuse('a marker that is lost');
    return marker(Number(/^[1-9]/.exec(markers)?.[0] ?? 1));
  }
  const chromosome = text.take(wholeName);
  return chromosome === null ? null : wholeChromosome(chromosome, sign === '+' ? 1 : -1);
}

const wholeName = /(?:[XY]|2[0-2]|1\d|[1-9])(?![\d~])/y;

function readNamed(text: Text, sign: string | null): Change {
  const place = text.place();
  if (text.take(/\?/y) !== null) text.refuse('an uncertain finding', place);
  const kind = text.need(/[a-z]+(?=\()/y, 'an abnormality that is not read');
  const read = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (read === undefined) return text.refuse('an abnormality that is not read', place);
  const change = read(text);
  if (sign === null) return change;
  if (sign === '-' || change.standsFor.length === 0 || kind === 't') {
    return text.refuse('a sign that this abnormality cannot have', place);
  }
  return added(change);
}

const kinds: Readonly<Record<string, (text: Text) => Change>> = {
  del: (text) => {
    const [first, second] = readOne(text, 1, 2);
    return deletion(first, second ?? null);
  },
  dup: (text) => {
    const [first, second] = readOne(text, 2, 2);
    return duplication(first, second ?? first);
  },
  inv: (text) => {
    const breaks = readOne(text, 2, 2);
    return rearrangement(breaks, [breaks[0].chromosome]);
  },
  add: (text) => addition(readOne(text, 1, 1)[0]),
  i: (text) => {
    const place = text.place();
    const [at] = readOne(text, 1, 1);
    return isCentromere(at) ? isochromosome(at) : text.refuse('an isochromosome that is not of a whole arm', place);
  },
  t: (text) => {
    const names = readChromosomes(text);
    if (names.length < 2) text.refuse('a translocation needs two chromosomes');
    const breaks = readBreaks(text, names);
    return rearrangement(breaks, names);
  },
  dic: (text) => joined(...readTwo(text)),
  rob: (text) => wholeArms(text, readTwo),
  der: (text) => {
    const place = text.place();
    const names = readChromosomes(text);
    const [name, second] = names;
    if (second !== undefined) return wholeArms(text, () => pair(text, names, place), place);
    text.need(/t(?=\()/y, 'a derivative chromosome needs its translocation');
    const [one, other] = readTwo(text);
    if (one.chromosome === name) return unbalanced(one, other);
    if (other.chromosome === name) return unbalanced(other, one);
    return text.refuse('a derivative chromosome of another translocation', place);
  },
};

function wholeArms(text: Text, read: (text: Text) => readonly [Band, Band], place = text.place()): Change {
  const [one, other] = read(text);
  if (!isCentromere(one) || !isCentromere(other))
    text.refuse('two chromosomes joined elsewhere than at p10 or q10', place);
  return joinedArms(one, other);
}

/** `(8)(q22)`: one chromosome with one to two breaks. */
function readOne(text: Text, least: number, most: number): readonly [Band, ...Band[]] {
  const place = text.place();
  const [chromosome, ...more] = readChromosomes(text);
  if (chromosome === undefined || more.length > 0) return text.refuse('one chromosome is expected', place);
  text.need(/\(/y, 'the bands are missing');
  const breaks = [readBand(text, chromosome)];
  while (breaks.length < most && text.take(/(?=[pq])/y) !== null) breaks.push(readBand(text, chromosome));
  if (breaks.length < least) text.refuse('a second band is expected');
  text.need(/\)/y, 'a closing parenthesis is expected');
  const [first, ...rest] = breaks;
  return first === undefined ? text.refuse('the bands are missing') : [first, ...rest];
}

/** `(9;22)(q34;q11.2)`: two chromosomes with a break each. */
const readTwo = (text: Text): readonly [Band, Band] => pair(text, readChromosomes(text), text.place());

function pair(text: Text, names: readonly string[], place: number): readonly [Band, Band] {
  const [one, other, ...more] = readBreaks(text, names);
  if (one === undefined || other === undefined || more.length > 0) {
    return text.refuse('two chromosomes are expected', place);
  }
  return [one, other];
}

function readChromosomes(text: Text): readonly string[] {
  text.need(/\(/y, 'the chromosomes are missing');
  const names: string[] = [];
  do names.push(text.need(chromosomeName, 'a chromosome is expected'));
  while (text.take(/;/y) !== null);
  text.need(/\)/y, 'a closing parenthesis is expected');
  return names;
}

const chromosomeName = /(?:[XY]|2[0-2]|1\d|[1-9])(?=[;)])/y;

/** `(q34;q11.2)`: a break for each chromosome. */
function readBreaks(text: Text, names: readonly string[]): readonly Band[] {
  text.need(/\(/y, 'the bands are missing');
  const breaks = names.map((chromosome, index) => {
    if (index > 0) text.need(/;/y, 'a band for each chromosome is expected');
    return readBand(text, chromosome);
  });
  text.need(/\)/y, 'a closing parenthesis is expected');
  return breaks;
}

function readBand(text: Text, chromosome: string): Band {
  const place = text.place();
  if (text.take(/[pq]?\?/y) !== null) text.refuse('an uncertain finding', place);
  const name = text.need(/[pq](?:\d{2}(?:\.\d{1,3})?|\d(?![\d.]))/y, 'a band is expected');
  const band = { chromosome, arm: armOf(name), digits: name.slice(1).replace('.', '') };
  if (text.take(/\?/y) !== null) text.refuse('an uncertain finding', place);
  return exists(band) ? band : text.refuse('a band that this chromosome does not have', place);
}

const armOf = (name: string): Arm => (name.startsWith('p') ? 'p' : 'q');
