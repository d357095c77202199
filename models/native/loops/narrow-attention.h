// Attention of one head of a few columns, query by query: scores and slopes of one query are formed, used and forgotten in the
// first-level cache, and no product of matrices is worth its packing. Included once for each set of instructions; so no guard.

/** Heads of up to so many columns are narrow. */
constexpr int64_t mostNarrow = 4;

/** Floats that a narrow head needs: keys and values by column, their slopes, and two rows. */
static inline int64_t narrowRoom(int64_t tokens) { return (4 * mostNarrow + 2) * tokens; }

/** Columns of rows that lie `row` floats apart, one after the other; and back. */
template <int64_t width>
static inline void gatherColumns(const float* from, int64_t row, int64_t tokens, float* to) {
  for (int64_t w = 0; w < width; w++)
    for (int64_t j = 0; j < tokens; j++) to[w * tokens + j] = from[j * row + w];
}
template <int64_t width>
static inline void scatterColumns(const float* from, int64_t tokens, float* to, int64_t row) {
  for (int64_t j = 0; j < tokens; j++)
    for (int64_t w = 0; w < width; w++) to[j * row + w] = from[w * tokens + j];
}

static inline float sumOfProducts(int64_t count, const float* a, const float* b) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < count; j++) sum += a[j] * b[j];
  return sum;
}

/** As `attend`. */
template <int64_t width>
static void attendNarrow(const Head& head, const Dropout* dropout, float* y, int64_t yRow, float* logSums, uint32_t* words, float* room) {
  const int64_t tokens = head.tokens;
  float* keys = room;
  float* values = keys + width * tokens;
  float* weights = values + width * tokens;
  float* mask = weights + tokens;
  gatherColumns<width>(head.keys, head.row, tokens, keys);
  gatherColumns<width>(head.values, head.row, tokens, values);
  for (int64_t i = 0; i < tokens; i++) {
    float query[width];
    for (int64_t w = 0; w < width; w++) query[w] = head.scale * head.queries[i * head.row + w];
    float most = -INFINITY;
#pragma omp simd reduction(max : most)
    for (int64_t j = 0; j < tokens; j++) {
      float score = 0;
#pragma GCC unroll 4
      for (int64_t w = 0; w < width; w++) score += query[w] * keys[w * tokens + j];
      weights[j] = score;
      most = score > most ? score : most;
    }
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < tokens; j++) {
      weights[j] = exponential(weights[j] - most);
      sum += weights[j];
    }
    if (dropout) {
      const float* kept = drawWeightMask(*dropout, head, i, words, mask);
#pragma omp simd
      for (int64_t j = 0; j < tokens; j++) weights[j] *= kept[j];
    }
    logSums[i] = most + __builtin_logf(sum);
    for (int64_t w = 0; w < width; w++) y[i * yRow + w] = sumOfProducts(tokens, weights, values + w * tokens) / sum;
  }
}

/** As `attendGradient`. */
template <int64_t width>
static void attendNarrowGradient(const Head& head, Kept drops, const float* dy, const float* y, int64_t yRow,
                                 const float* logSums, float* dQueries, float* dKeys, float* dValues, float* room) {
  const int64_t tokens = head.tokens;
  float* keys = room;
  float* values = keys + width * tokens;
  float* keySlopes = values + width * tokens;
  float* valueSlopes = keySlopes + width * tokens;
  float* used = valueSlopes + width * tokens;
  float* slopes = used + tokens;
  float* mask = slopes + tokens;
  gatherColumns<width>(head.keys, head.row, tokens, keys);
  gatherColumns<width>(head.values, head.row, tokens, values);
  for (int64_t j = 0; j < 2 * width * tokens; j++) keySlopes[j] = 0;
  for (int64_t i = 0; i < tokens; i++) {
    float query[width], slope[width];
    float along = 0;
    for (int64_t w = 0; w < width; w++) {
      query[w] = head.scale * head.queries[i * head.row + w];
      slope[w] = dy[i * yRow + w];
      along += slope[w] * y[i * yRow + w];
    }
    const float logSum = logSums[i];
#pragma omp simd
    for (int64_t j = 0; j < tokens; j++) {
      float score = 0, through = 0;
#pragma GCC unroll 4
      for (int64_t w = 0; w < width; w++) {
        score += query[w] * keys[w * tokens + j];
        through += slope[w] * values[w * tokens + j];
      }
      used[j] = exponential(score - logSum);
      slopes[j] = through;
    }
    if (drops.words) {
      const float* kept = unpackMask(drops, i, tokens, mask);
#pragma omp simd
      for (int64_t j = 0; j < tokens; j++) {
        slopes[j] = used[j] * (kept[j] * slopes[j] - along);
        used[j] *= kept[j];
      }
    } else {
#pragma omp simd
      for (int64_t j = 0; j < tokens; j++) slopes[j] = used[j] * (slopes[j] - along);
    }
    for (int64_t w = 0; w < width; w++) {
      dQueries[i * head.row + w] = head.scale * sumOfProducts(tokens, slopes, keys + w * tokens);
      float* key = keySlopes + w * tokens;
      float* value = valueSlopes + w * tokens;
#pragma omp simd
      for (int64_t j = 0; j < tokens; j++) {
        key[j] += slopes[j] * query[w];
        value[j] += used[j] * slope[w];
      }
    }
  }
  scatterColumns<width>(keySlopes, tokens, dKeys, head.row);
  scatterColumns<width>(valueSlopes, tokens, dValues, head.row);
}
