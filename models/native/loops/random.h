// Philox 4×32 with ten rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), as TensorFlow draws with it.
// Included once for each set of instructions; so no guard.

typedef int32_t Words __attribute__((vector_size(laneBytes)));
typedef float Masks __attribute__((vector_size(laneBytes)));
typedef float LooseMasks __attribute__((vector_size(laneBytes), aligned(4), may_alias));

/** Blocks that are drawn at once: one word of each lies in the lower half of an element of `Wide`. */
constexpr int64_t blocksAtOnce = laneBytes / 8;

/** The words of two vectors, element by element in turn: the first half of the elements, or the second. */
static inline Wide interleave(Wide a, Wide b, bool second) {
  Wide places = {};
  for (int64_t i = 0; i < blocksAtOnce; i++)
    places[i] = static_cast<uint64_t>((second ? blocksAtOnce / 2 : 0) + i / 2 + (i % 2) * blocksAtOnce);
  return __builtin_shuffle(a, b, places);
}

/**
 * Inverted-dropout mask for elements `from` … of a tensor: 0 where the lowest 23 bits of the element's random word are below the
 * threshold, else `kept`. Word w of block b belongs to element 4b + w, so up to `maskMargin` floats are written beside those
 * that were asked for; the first of these is at the pointer that comes back.
 */
static const float* drawMask(const Dropout& the, int64_t from, int64_t count, float* mask) {
  constexpr uint64_t low = 0xffffffff;
  const Words mantissa = Words{} + ((1 << 23) - 1);
  const Words threshold = Words{} + static_cast<int32_t>(the.threshold);
  const Masks dropped = {}, kept = the.kept - dropped;
  const int64_t start = from / 4 * 4;
  Wide steps = {};
  for (int64_t i = 0; i < blocksAtOnce; i++) steps[i] = static_cast<uint64_t>(i);
  for (int64_t element = start; element < from + count; element += 4 * blocksAtOnce) {
    const Wide number = steps + static_cast<uint64_t>(element) / 4;
    Wide c0 = number, c1 = number >> 32, c2 = Wide{} + the.counter[0], c3 = Wide{} + the.counter[1];
    uint32_t key0 = the.key[0], key1 = the.key[1];
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++, key0 += 0x9e3779b9u, key1 += 0xbb67ae85u) {
      const Wide first = multiplyLow(c0, Wide{} + 0xd2511f53u);
      const Wide second = multiplyLow(c2, Wide{} + 0xcd9e8d57u);
      c0 = (second >> 32) ^ c1 ^ key0;
      c1 = second;
      c2 = (first >> 32) ^ c3 ^ key1;
      c3 = first;
    }
    const Wide firstTwo = (c0 & low) | (c1 << 32), lastTwo = (c2 & low) | (c3 << 32);
    for (int half = 0; half < 2; half++) {
      const Words words = reinterpret_cast<Words>(interleave(firstTwo, lastTwo, half == 1));
      float* to = mask + (element - start) + half * 2 * blocksAtOnce;
      *reinterpret_cast<LooseMasks*>(to) = (words & mantissa) < threshold ? dropped : kept;
    }
  }
  return mask + from % 4;
}
