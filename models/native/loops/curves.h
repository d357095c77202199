// Functions of one number without branches, so that loops over them become vectors. The coefficients are least-maximum fits of
// our own. Included once for each set of instructions; so no guard.

/** e^x to 1e-7 of its size; 0 below −87.3, and no more than e^88. */
static inline float exponential(float x) {
  constexpr float log2e = 1.44269504f, ln2High = 0.693359375f, ln2Low = -2.12194440e-4f;
  constexpr float rounding = 12582912.0f;  // 1.5·2²³: what is added to it is rounded to a whole number
  const float held = x < 88.0f ? (x > -87.3f ? x : -87.3f) : 88.0f;
  const float whole = (held * log2e + rounding) - rounding;
  const float rest = (held - whole * ln2High) - whole * ln2Low;
  float sum = 0.001383673805f;
  sum = sum * rest + 0.008374898343f;
  sum = sum * rest + 0.04166823187f;
  sum = sum * rest + 0.1666641919f;
  sum = sum * rest + 0.4999999203f;
  sum = sum * rest + 1.0000000365f;
  sum = sum * rest + 1.0f;
  const float power = __builtin_bit_cast(float, (static_cast<int32_t>(whole) + 127) << 23);
  return x > -87.3f ? sum * power : 0.0f;
}

/** `Φ(x)` and the density `φ(x)` of the normal distribution. */
struct Normal {
  float cumulative;
  float density;
};

static inline Normal normalAt(float x) {
  constexpr float rootHalf = 0.70710678f, inverseRootTwoPi = 0.39894228f;
  const float z = __builtin_fabsf(x) * rootHalf;
  const float bell = exponential(-z * z);
  const float t = 1.0f / (1.0f + 0.4f * z);
  // erfc(z)·e^(z²) as a polynomial of t, to 1e-7 of its size for z up to 9
  float sum = 0.07399700949f;
  sum = sum * t - 0.3966850845f;
  sum = sum * t + 0.6975987426f;
  sum = sum * t - 0.4011644126f;
  sum = sum * t + 0.4376740814f;
  sum = sum * t + 0.1221101697f;
  sum = sum * t + 0.2425794372f;
  sum = sum * t + 0.2238007998f;
  sum = sum * t + 8.917384614e-5f;
  const float tail = 0.5f * sum * bell;
  return {x < 0 ? tail : 1.0f - tail, bell * inverseRootTwoPi};
}
