#include "loops.h"

#include <cmath>
#include <cstdlib>
#include <string_view>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/** Panels of the products, beside the room that a caller holds. */
static thread_local Scratch panels;

/** The least multiple of the grain that is not below the length. */
static inline int64_t roundUp(int64_t length, int64_t grain) { return (length + grain - 1) / grain * grain; }
static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Each namespace says how long its vectors are, how many rows a tile has, and how the lower halves of 64-bit elements are
// multiplied. The same loops for each set of instructions, and the best one that the processor knows is taken at run time: one build serves
// every machine that shares the folder.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
namespace avx512 {
constexpr int laneBytes = 64;
constexpr int64_t tileRows = 12;
typedef uint64_t Wide __attribute__((vector_size(laneBytes)));
static inline Wide multiplyLow(Wide a, Wide b) {
  return reinterpret_cast<Wide>(_mm512_mul_epu32(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}
#include "loops/all.h"
}  // namespace avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr int laneBytes = 32;
constexpr int64_t tileRows = 6;
typedef uint64_t Wide __attribute__((vector_size(laneBytes)));
static inline Wide multiplyLow(Wide a, Wide b) {
  return reinterpret_cast<Wide>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}
#include "loops/all.h"
}  // namespace avx2
#pragma GCC pop_options

#endif

namespace baseline {
constexpr int laneBytes = 16;
#if defined(__aarch64__)
constexpr int64_t tileRows = 8;
#else
constexpr int64_t tileRows = 4;
#endif
typedef uint64_t Wide __attribute__((vector_size(laneBytes)));
static inline Wide multiplyLow(Wide a, Wide b) { return (a & 0xffffffffu) * (b & 0xffffffffu); }
#include "loops/all.h"
}  // namespace baseline

/** The best one, but none above the one that CONSILIUM_INSTRUCTIONS names: avx512, avx2 or baseline. */
static const Loops& best() {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  const char* named = std::getenv("CONSILIUM_INSTRUCTIONS");
  const std::string_view limit = named == nullptr ? "avx512" : named;
  __builtin_cpu_init();
  if (limit == "avx512" && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return avx512::table;
  if (limit != "baseline" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::table;
#endif
  return baseline::table;
}

const Loops& loops() {
  static const Loops& chosen = best();
  return chosen;
}
