// Masks of dropout, a bit an element, so that a gradient need not draw them again. Included once for each set of instructions; so no
// guard.

typedef uint32_t Sixteen __attribute__((vector_size(64)));
typedef uint32_t LooseSixteen __attribute__((vector_size(64), aligned(4), may_alias));
typedef float SixteenFloats __attribute__((vector_size(64)));
typedef float LooseSixteenFloats __attribute__((vector_size(64), aligned(4), may_alias));

/** Bit b of word w of a block says whether element 16·b + w of its 512 is kept. Reads up to 15 elements behind the last. */
static inline void packMask(const float* mask, int64_t count, uint32_t* words) {
  const SixteenFloats none = {};
  for (int64_t block = 0; block < count; block += 512, words += 16) {
    const int64_t end = smaller(block + 512, count);
    Sixteen packed = {};
    uint32_t bit = 1;
    for (int64_t at = block; at < end; at += 16, bit <<= 1) {
      const SixteenFloats kept = *reinterpret_cast<const LooseSixteenFloats*>(mask + at);
      packed |= reinterpret_cast<Sixteen>(kept != none) & bit;
    }
    *reinterpret_cast<LooseSixteen*>(words) = packed;
  }
}

/** The mask again: 0, or the factor. Writes up to 15 elements behind the last. */
static inline const float* unpackMask(Kept kept, int64_t query, int64_t count, float* mask) {
  const uint32_t* words = kept.words + query * maskWords(count);
  const SixteenFloats factor = kept.factor - SixteenFloats{}, none = {};
  for (int64_t block = 0; block < count; block += 512, words += 16) {
    const int64_t end = smaller(block + 512, count);
    const Sixteen packed = *reinterpret_cast<const LooseSixteen*>(words);
    uint32_t bit = 1;
    for (int64_t at = block; at < end; at += 16, bit <<= 1)
      *reinterpret_cast<LooseSixteenFloats*>(mask + at) = (packed & bit) != 0 ? factor : none;
  }
  return mask;
}

/** Draws the mask of one query's weights and leaves it packed for the gradient. */
static inline const float* drawWeightMask(const Dropout& dropout, const Head& head, int64_t query, uint32_t* words,
                                          float* mask) {
  const float* drawn = drawMask(dropout, head.first + query * head.tokens, head.tokens, mask);
  packMask(drawn, head.tokens, words + query * maskWords(head.tokens));
  return drawn;
}
