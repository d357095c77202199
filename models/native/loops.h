#pragma once

#include <cstdint>

#include "scratch.h"

/** `c = a·b`, or `c += a·b`: a [rows, depth], b [depth, columns], c [rows, columns], with the steps between their rows and columns. */
struct Product {
  const float* a;
  const float* b;
  float* c;
  int64_t rows, columns, depth;
  int64_t aRow, aColumn;
  int64_t bRow, bColumn;
  int64_t cRow;
  bool add;
};

/** How a mask of inverted dropout is drawn: see `drawMask`. */
struct Dropout {
  uint32_t threshold;
  float kept;
  uint32_t key[2];
  /** The upper half of the counter. */
  uint32_t counter[2];
};

/** Which of a head's weights dropout kept, as `packMask` says for each query, and what makes up for the others; no words: all, as they are. */
struct Kept {
  const uint32_t* words;
  float factor;
};

/** Queries, keys and values of one head, each [tokens, width], `row` floats from token to token. */
struct Head {
  const float* queries;
  const float* keys;
  const float* values;
  int64_t row;
  int64_t tokens, width;
  float scale;
  /** Number of the head's first weight among those of all heads. */
  int64_t first;
};

/** The loops of one set of instructions. Each runs on the calling thread. */
struct Loops {
  /** Rows of a product that lie in one tile, and columns: where to cut between threads. */
  int64_t tileRows, tileColumns;
  void (*multiply)(const Product&);
  void (*finish)(const Product&, const float* bias, bool relu);
  void (*gelu)(int64_t count, const float* x, float* y);
  void (*geluGradient)(int64_t count, const float* dy, const float* x, float* dx);
  void (*reluGradient)(int64_t count, const float* dy, const float* y, float* dx);
  void (*layerNormRow)(int64_t width, const float* x, const float* gamma, const float* beta, float eps, float* y,
                       float* mean, float* inverse);
  void (*layerNormGradientRow)(int64_t width, const float* dy, const float* x, const float* gamma, float mean,
                               float inverse, float* dx, float* dgamma, float* dbeta);
  void (*addRow)(int64_t width, const float* row, float* sums);
  /** Most columns that the next two take in one call. */
  int64_t columnsAtOnce;
  void (*batchNormColumns)(int64_t rows, int64_t width, int64_t step, const float* x, const float* gamma,
                           const float* beta, float eps, float* y, float* mean, float* variance, float* inverse);
  void (*batchNormGradientColumns)(int64_t rows, int64_t width, int64_t step, const float* dy, const float* x,
                                   const float* gamma, const float* mean, const float* inverse, float* dx,
                                   float* dgamma, float* dbeta);
  const float* (*drawMask)(const Dropout&, int64_t from, int64_t count, float* mask);
  int64_t (*attentionRoom)(int64_t tokens);
  void (*attend)(const Head&, const Dropout*, float* y, int64_t yRow, float* logSums, uint32_t* words, float* room);
  void (*attendGradient)(const Head&, Kept, const float* dy, const float* y, int64_t yRow,
                         const float* logSums, float* dQueries, float* dKeys, float* dValues, float* room);
};

/** Those that suit the processor best. */
const Loops& loops();

/** Floats that `drawMask` writes beside those that were asked for. */
constexpr int64_t maskMargin = 80;

/** Words in which a mask of so many elements is packed: one of each sixteen for each bit. */
constexpr int64_t maskWords(int64_t count) { return (count + 511) / 512 * 16; }
