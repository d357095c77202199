// Element by element. Included once for each set of instructions; so no guard.

/** Exact GELU, `x·Φ(x)`. */
static void gelu(int64_t count, const float* x, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < count; i++) y[i] = x[i] * normalAt(x[i]).cumulative;
}

/** `dy·(Φ(x) + x·φ(x))`. */
static void geluGradient(int64_t count, const float* dy, const float* x, float* dx) {
#pragma omp simd
  for (int64_t i = 0; i < count; i++) {
    const Normal at = normalAt(x[i]);
    dx[i] = dy[i] * (at.cumulative + x[i] * at.density);
  }
}

/** `dy` where `y` > 0, else 0. */
static void reluGradient(int64_t count, const float* dy, const float* y, float* dx) {
#pragma omp simd
  for (int64_t i = 0; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
