/** The page of error codes as Markdown. */
export function errorsPage(
  table: Readonly<Record<string, { readonly message: string; readonly remedy: string }>>,
): string;
