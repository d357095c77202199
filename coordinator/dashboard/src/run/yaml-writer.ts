let writer: Promise<(value: object) => string> | null = null;

/**
 * What writes a run file as text. It is large: it is fetched once a run is on the screen, and then without being asked for,
 * since the line may be down when somebody wants to read the file.
 */
export function yamlWriter(): Promise<(value: object) => string> {
  writer ??= import('@consilium/shared/yaml').then(({ yamlText }) => yamlText);
  writer.catch(() => {
    writer = null;
  });
  return writer;
}
