import { stringify } from 'yaml';

const lineWidth = 100;

/** A value as YAML for people, without a line break at its end. */
export const yamlText = (value: object): string => stringify(value, { lineWidth }).trimEnd();
