/** What happened and what to do about it, by code. Names in braces are facts filled in by the thrower. */
export type ErrorTexts = Readonly<Record<`CSM-${string}`, { readonly message: string; readonly remedy: string }>>;
