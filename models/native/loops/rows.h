// Rows of a matrix [rows, width]. Included once for each set of instructions; so no guard.

/** `(x − mean)/√(variance + eps)·gamma + beta` for one row; the variance is the biased one. */
static void layerNormRow(int64_t width, const float* x, const float* gamma, const float* beta, float eps, float* y,
                         float* meanOut, float* inverseOut) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < width; j++) sum += x[j];
  const float mean = sum / width;
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t j = 0; j < width; j++) squares += (x[j] - mean) * (x[j] - mean);
  const float inverse = 1.0f / __builtin_sqrtf(squares / width + eps);
#pragma omp simd
  for (int64_t j = 0; j < width; j++) y[j] = (x[j] - mean) * inverse * gamma[j] + beta[j];
  *meanOut = mean;
  *inverseOut = inverse;
}

/** With h the normalised row and d = dy·gamma: `dx = (d − mean(d) − h·mean(d·h))·inverse`; adds the row to dgamma and dbeta. */
static void layerNormGradientRow(int64_t width, const float* dy, const float* x, const float* gamma, float mean,
                                 float inverse, float* dx, float* dgamma, float* dbeta) {
  float sum = 0, along = 0;
#pragma omp simd reduction(+ : sum, along)
  for (int64_t j = 0; j < width; j++) {
    const float h = (x[j] - mean) * inverse;
    const float d = dy[j] * gamma[j];
    sum += d;
    along += d * h;
    dgamma[j] += dy[j] * h;
    dbeta[j] += dy[j];
  }
  const float meanSlope = sum / width;
  const float meanAlong = along / width;
#pragma omp simd
  for (int64_t j = 0; j < width; j++) {
    const float h = (x[j] - mean) * inverse;
    dx[j] = (dy[j] * gamma[j] - meanSlope - h * meanAlong) * inverse;
  }
}

/** Adds a row to sums. */
static void addRow(int64_t width, const float* row, float* sums) {
#pragma omp simd
  for (int64_t j = 0; j < width; j++) sums[j] += row[j];
}
