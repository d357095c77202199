/** Tells the sites' processes how many features their tables have. */
export const featuresVariable = 'CONSILIUM_BENCH_FEATURES';
