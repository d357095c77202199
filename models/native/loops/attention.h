// Attention of one head, some queries at a time, so that the scores stay in the processor's cache. Queries, keys and values are
// columns of one matrix [tokens, 3·heads·width]. Included once for each set of instructions; so no guard.

/** How many queries are taken at a time: their scores fit the second-level cache beside the panels. */
static inline int64_t queriesAtOnce(int64_t tokens) {
  constexpr int64_t floats = 65536;
  const int64_t fitting = floats / tokens / tileRows * tileRows;
  return smaller(tokens, fitting > tileRows ? fitting : tileRows);
}

/** Room that one head needs: for scores, for their slopes, and for a mask with its margins. */
static inline int64_t attentionRoom(int64_t tokens) {
  return 2 * roundUp(queriesAtOnce(tokens) * tokens, 16) + narrowRoom(tokens) + tokens + maskMargin;
}

/** `exp(scale·s − shift)` in place; their sum comes back. */
static inline float weigh(int64_t count, float* row, float scale, float shift) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < count; j++) {
    row[j] = exponential(row[j] * scale - shift);
    sum += row[j];
  }
  return sum;
}

static inline float largest(int64_t count, const float* row) {
  float most = row[0];
#pragma omp simd reduction(max : most)
  for (int64_t j = 0; j < count; j++) most = row[j] > most ? row[j] : most;
  return most;
}

/** Scores of some queries against all keys: `to` [queries, tokens]. */
static void score(const Head& head, int64_t from, int64_t queries, float* to) {
  multiply({head.queries + from * head.row, head.keys, to, queries, head.tokens, head.width, head.row, 1, 1, head.row,
            head.tokens, false});
}

/** `softmax(scale·Q·Kᵀ) ⊙ mask · V` and the logarithm of each query's sum of exponentials. */
static void attend(const Head& head, const Dropout* dropout, float* y, int64_t yRow, float* logSums, uint32_t* words, float* room) {
  switch (head.width) {
    case 1: return attendNarrow<1>(head, dropout, y, yRow, logSums, words, room);
    case 2: return attendNarrow<2>(head, dropout, y, yRow, logSums, words, room);
    case 3: return attendNarrow<3>(head, dropout, y, yRow, logSums, words, room);
    case 4: return attendNarrow<4>(head, dropout, y, yRow, logSums, words, room);
  }
  const int64_t tokens = head.tokens;
  const int64_t most = queriesAtOnce(tokens);
  float* scores = room;
  float* mask = room + 2 * roundUp(most * tokens, 16);
  for (int64_t from = 0; from < tokens; from += most) {
    const int64_t queries = smaller(most, tokens - from);
    score(head, from, queries, scores);
    for (int64_t i = 0; i < queries; i++) {
      float* row = scores + i * tokens;
      const float shift = head.scale * largest(tokens, row);
      const float sum = weigh(tokens, row, head.scale, shift);
      logSums[from + i] = shift + __builtin_logf(sum);
      const float inverse = 1.0f / sum;
      const float* kept = dropout ? drawWeightMask(*dropout, head, from + i, words, mask) : nullptr;
      if (kept)
#pragma omp simd
        for (int64_t j = 0; j < tokens; j++) row[j] *= kept[j] * inverse;
      else
#pragma omp simd
        for (int64_t j = 0; j < tokens; j++) row[j] *= inverse;
    }
    multiply({scores, head.values, y + from * yRow, queries, head.width, tokens, tokens, 1, head.row, 1, yRow, false});
  }
}

/**
 * Slopes of queries, keys and values, laid out as these are. With P the weights, U = P ⊙ mask and D = Σ dO ⊙ O for each query:
 * `dV = Uᵀ·dO`, `dS = scale·(U ⊙ (dO·Vᵀ) − P ⊙ D)`, `dQ = dS·K`, `dK = dSᵀ·Q`.
 */
static void attendGradient(const Head& head, Kept drops, const float* dy, const float* y, int64_t yRow,
                           const float* logSums, float* dQueries, float* dKeys, float* dValues, float* room) {
  const auto narrow = [&](auto gradient) {
    gradient(head, drops, dy, y, yRow, logSums, dQueries, dKeys, dValues, room);
  };
  switch (head.width) {
    case 1: return narrow(attendNarrowGradient<1>);
    case 2: return narrow(attendNarrowGradient<2>);
    case 3: return narrow(attendNarrowGradient<3>);
    case 4: return narrow(attendNarrowGradient<4>);
  }
  const int64_t tokens = head.tokens, width = head.width;
  const int64_t most = queriesAtOnce(tokens);
  float* used = room;
  float* slopes = room + roundUp(most * tokens, 16);
  float* mask = slopes + roundUp(most * tokens, 16);
  for (int64_t from = 0; from < tokens; from += most) {
    const int64_t queries = smaller(most, tokens - from);
    const float* dyRows = dy + from * yRow;
    const bool add = from > 0;
    score(head, from, queries, used);
    multiply({dyRows, head.values, slopes, queries, tokens, width, yRow, 1, 1, head.row, tokens, false});
    for (int64_t i = 0; i < queries; i++) {
      float* row = used + i * tokens;
      float* slope = slopes + i * tokens;
      const float logSum = logSums[from + i];
      float along = 0;
      for (int64_t j = 0; j < width; j++) along += dyRows[i * yRow + j] * y[(from + i) * yRow + j];
      const float* kept = drops.words ? unpackMask(drops, from + i, tokens, mask) : nullptr;
      const float scale = head.scale;
      if (kept)
#pragma omp simd
        for (int64_t j = 0; j < tokens; j++) {
          const float weight = exponential(row[j] * scale - logSum);
          row[j] = weight * kept[j];
          slope[j] = scale * (row[j] * slope[j] - weight * along);
        }
      else
#pragma omp simd
        for (int64_t j = 0; j < tokens; j++) {
          row[j] = exponential(row[j] * scale - logSum);
          slope[j] = scale * row[j] * (slope[j] - along);
        }
    }
    multiply({slopes, head.keys, dQueries + from * head.row, queries, width, tokens, tokens, 1, head.row, 1, head.row, false});
    multiply({slopes, head.queries + from * head.row, dKeys, tokens, width, queries, 1, tokens, head.row, 1, head.row, add});
    multiply({used, dyRows, dValues, tokens, width, queries, 1, tokens, yRow, 1, head.row, add});
  }
}
