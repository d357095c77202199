/** A line of the text format: a metric's name, its labels, its value. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** `gauge`, `counter` or another, by the name of its family. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly ExposedSample[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/**
 * Reads the text format 0.0.4 as Prometheus does (https://prometheus.io/docs/instrumenting/exposition_formats/):
 * numbers as Go reads them, so that NaN may be written in any case.
 * @throws TypeError at the first line that does not follow it
 */
export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new TypeError('the last line has no end');
  const types = new Map<string, string>();
  const samples: ExposedSample[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? [];
    if (types.has(name)) throw new TypeError(`a family is declared twice: ${name}`);
    if (name !== '') types.set(name, type);
    else if (line !== '' && !line.startsWith('#')) samples.push(readSample(line));
  }
  return { types, samples };
}

function readSample(line: string): ExposedSample {
  const [, name = '', pairs = '', value = ''] = sampleLine.exec(line) ?? [];
  if (name === '' || (!/^(?:nan|[+-]Inf)$/i.test(value) && Number.isNaN(Number(value)))) {
    throw new TypeError(`no sample: ${line}`);
  }
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  while (labelPair.lastIndex < pairs.length) {
    const [, label = '', text = ''] = labelPair.exec(pairs) ?? [];
    if (label === '') throw new TypeError(`no labels: ${line}`);
    labels[label] = text.replaceAll(/\\(["\\n])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}
