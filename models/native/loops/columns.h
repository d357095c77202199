// Some columns of a matrix of `rows` rows, `step` floats from row to row. Included once for each set of instructions; so no guard.

/** Rows whose sum is formed by itself before it goes into the whole: that keeps the rounding small. */
constexpr int64_t rowsAtOnce = 256;

/** `sums[j] = Σ term(row, j)` over the rows, for `width` ≤ `columnsAtOnce` columns. */
constexpr int64_t columnsAtOnce = 128;
template <typename Term>
static inline void sumColumns(int64_t rows, int64_t width, float* sums, const Term& term) {
  for (int64_t j = 0; j < width; j++) sums[j] = 0;
  for (int64_t start = 0; start < rows; start += rowsAtOnce) {
    alignas(64) float part[columnsAtOnce] = {};
    for (int64_t row = start; row < smaller(start + rowsAtOnce, rows); row++)
#pragma omp simd
      for (int64_t j = 0; j < width; j++) part[j] += term(row, j);
    for (int64_t j = 0; j < width; j++) sums[j] += part[j];
  }
}

/** `(x − mean)/√(variance + eps)·gamma + beta` for `width` ≤ `columnsAtOnce` columns, with their mean, biased variance and inverse deviation. */
static void batchNormColumns(int64_t rows, int64_t width, int64_t step, const float* x, const float* gamma,
                             const float* beta, float eps, float* y, float* mean, float* variance, float* inverse) {
  sumColumns(rows, width, mean, [&](int64_t row, int64_t j) { return x[row * step + j]; });
  for (int64_t j = 0; j < width; j++) mean[j] /= rows;
  sumColumns(rows, width, variance, [&](int64_t row, int64_t j) {
    const float centred = x[row * step + j] - mean[j];
    return centred * centred;
  });
  for (int64_t j = 0; j < width; j++) {
    variance[j] /= rows;
    inverse[j] = 1.0f / __builtin_sqrtf(variance[j] + eps);
  }
  for (int64_t row = 0; row < rows; row++)
#pragma omp simd
    for (int64_t j = 0; j < width; j++)
      y[row * step + j] = (x[row * step + j] - mean[j]) * inverse[j] * gamma[j] + beta[j];
}

/** With h the normalised values: `dx = gamma·inverse·(dy − mean(dy) − h·mean(dy·h))`, `dgamma = Σ dy·h`, `dbeta = Σ dy`. */
static void batchNormGradientColumns(int64_t rows, int64_t width, int64_t step, const float* dy, const float* x,
                                     const float* gamma, const float* mean, const float* inverse, float* dx,
                                     float* dgamma, float* dbeta) {
  sumColumns(rows, width, dbeta, [&](int64_t row, int64_t j) { return dy[row * step + j]; });
  sumColumns(rows, width, dgamma, [&](int64_t row, int64_t j) {
    return dy[row * step + j] * ((x[row * step + j] - mean[j]) * inverse[j]);
  });
  for (int64_t row = 0; row < rows; row++)
#pragma omp simd
    for (int64_t j = 0; j < width; j++) {
      const float h = (x[row * step + j] - mean[j]) * inverse[j];
      dx[row * step + j] = gamma[j] * inverse[j] * (dy[row * step + j] - dbeta[j] / rows - h * (dgamma[j] / rows));
    }
}
