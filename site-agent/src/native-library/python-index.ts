import { CodedError } from '@consilium/shared/errors';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { reasonOf, unreachable } from './faults.js';
import { following, withoutCredentials } from './network.js';
import { readWheelName } from './wheel-name.js';

export const publicIndex = 'https://pypi.org/simple';

const maxListBytes = 64 * 2 ** 20;
const accepted = 'application/vnd.pypi.simple.v1+json, text/html;q=0.5';

interface ListedFile {
  readonly filename: string;
  readonly url: string;
}

/**
 * Where a wheel lies, by the list of its project in a Python index (PEP 503 in HTML or PEP 691 in JSON).
 *
 * @throws CSM-NATIVE-UNREACHABLE, the signal's reason
 */
export async function findOnIndex(
  index: URL,
  file: string,
  { network, signal }: { readonly network: Dispatcher; readonly signal: AbortSignal },
): Promise<URL> {
  const project = readWheelName(file)?.project ?? file;
  const page = new URL(`${index.href.replace(/\/+$/, '')}/${project}/`);
  const { url, headers } = withoutCredentials(page);
  try {
    const response = await request(url, {
      dispatcher: following(network),
      signal,
      headers: { ...headers, accept: accepted },
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw unreachable(index.host, `HTTP ${response.statusCode} for ${project}`);
    }
    const text = await readText(response.body);
    const json = /json/.test(String(response.headers['content-type']));
    const found = (json ? readJsonList(text) : readHtmlList(text)).find(({ filename }) => filename === file);
    if (found === undefined || !URL.canParse(found.url, page.href)) throw unreachable(index.host, `no ${file}`);
    return withOrigin(new URL(found.url, lastOf(response) ?? page), page);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw thrown instanceof CodedError ? thrown : unreachable(index.host, reasonOf(thrown), thrown);
  }
}

/** The files of a JSON list; none where it cannot be understood. */
export function readJsonList(text: string): readonly ListedFile[] {
  try {
    return jsonList.parse(JSON.parse(text)).files;
  } catch {
    return [];
  }
}

const jsonList = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

/** The anchors of an HTML list: text and address. */
export function readHtmlList(text: string): readonly ListedFile[] {
  return text
    .split(/<a\s/i)
    .slice(1)
    .flatMap((anchor) => {
      const end = anchor.indexOf('>');
      const [, double, single] = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(anchor.slice(0, end)) ?? [];
      const url = double ?? single;
      if (end < 0 || url === undefined) return [];
      const filename = plain(anchor.slice(end + 1).split('<', 1)[0] ?? '').trim();
      return [{ filename, url: plain(url) }];
    });
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const plain = (html: string): string => html.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name) => entities[name] ?? '');

/** Where the last redirection led: a relative address counts from there. */
function lastOf({ context }: Dispatcher.ResponseData): URL | null {
  const parsed = z.object({ history: z.array(z.instanceof(URL)).min(1) }).safeParse(context);
  return parsed.data?.history.at(-1) ?? null;
}

/** Gives user and password of the index to a file on the same host, and to no other. */
function withOrigin(url: URL, page: URL): URL {
  if (url.host === page.host && page.username !== '' && url.username === '') {
    url.username = page.username;
    url.password = page.password;
  }
  return url;
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxListBytes) throw new Error('the list is far too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
