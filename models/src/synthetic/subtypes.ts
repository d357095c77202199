/**
 * AML molecular subtypes in the published network's index order, and their rounded frequency in per cent (1,661 patients aged
 * 0 to 30). Frequencies said to be "about 1" stand as 1, those "below 0.5" as 0.4.
 */
export const amlSubtypes = [
  { name: 'BCL11B', percent: 1 },
  { name: 'CBFB-GDXY', percent: 0.4 },
  { name: 'CBFB::MYH11', percent: 13 },
  { name: 'CEBPA', percent: 6 },
  { name: 'DEK::NUP214', percent: 2 },
  { name: 'ETS family', percent: 1 },
  { name: 'GATA1', percent: 1 },
  { name: 'GLISr', percent: 2 },
  { name: 'HOXr', percent: 0.4 },
  { name: 'KAT6Ar', percent: 1 },
  { name: 'KMT2A-PTD', percent: 2 },
  { name: 'KMT2Ar', percent: 26 },
  { name: 'MECOM', percent: 1 },
  { name: 'MNX1', percent: 0.4 },
  { name: 'NPM1', percent: 10 },
  { name: 'NUP98r', percent: 8 },
  { name: 'PICALM::MLLT10', percent: 1 },
  { name: 'RBM15::MKL1', percent: 1 },
  { name: 'RUNX1::RUNX1T1', percent: 16 },
  { name: 'RUNX1::RUNX1T1-like', percent: 0.4 },
  { name: 'UBTF', percent: 5 },
] as const;

/**
 * Class shares of each site under label skew: class c is the speciality of site c mod `sites`, and a share `skew` of a class's
 * patients goes there while the rest is spread evenly. 0: all sites alike; 1: each class at one site only. One row a site.
 */
export function skewedShares(prior: readonly number[], sites: number, skew: number): readonly (readonly number[])[] {
  if (!(skew >= 0 && skew <= 1)) throw new RangeError('skew must lie between 0 and 1');
  return Array.from({ length: sites }, (_, site) =>
    prior.map((share, label) => share * ((1 - skew) / sites + (label % sites === site ? skew : 0))),
  );
}
