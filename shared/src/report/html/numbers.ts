import { type Figure, isWithheld } from '../../metrics/index.js';

/** A share or score with so many decimals; a dash where it has no meaning. */
export function decimal(value: number | null, decimals = 2): string {
  return value === null ? '–' : value.toFixed(decimals).replace(/^-/, '−');
}

export const count = (value: number): string => value.toLocaleString('en-US');

export const percent = (value: number): string => `${Math.round(value * 100)}\u00a0%`;

export const numberOf = (value: Figure | null): number | null =>
  value === null || isWithheld(value) ? null : (value as number);

/** Date and time of an ISO label, in UTC. */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
