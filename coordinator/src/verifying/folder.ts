/** An exported run, to be read file by file. */
export interface ExportFolder {
  /** Paths of all files in it, with forward slashes, sorted. */
  names(): Promise<readonly string[]>;
  size(name: string): Promise<number>;
  /** Bytes from `offset`; fewer than `length` only at the end of the file. */
  read(name: string, offset: number, length: number): Promise<Uint8Array>;
}

const chunkBytes = 2 ** 20;

/** A file's bytes from its beginning. */
export async function* chunksOf(folder: ExportFolder, name: string): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; offset += chunkBytes) {
    const chunk = await folder.read(name, offset, chunkBytes);
    if (chunk.length > 0) yield chunk;
    if (chunk.length < chunkBytes) return;
  }
}

export async function wholeFile(folder: ExportFolder, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(folder, name)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** A file's JSON; undefined when it is none. */
export async function jsonFile(folder: ExportFolder, name: string): Promise<unknown> {
  try {
    return JSON.parse(Buffer.from(await wholeFile(folder, name)).toString('utf8'));
  } catch {
    return undefined;
  }
}
