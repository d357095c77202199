// Sums over the rows of a matrix, and layer normalisation of each.

#include <algorithm>

#include "../loops.h"
#include "../parallel.h"
#include "../scratch.h"
#include "../tensors.h"

namespace {

/** Sums by thread. */
thread_local Scratch room;

/** `add(row, sums)` for each row into sums of `width`, by thread, and these in the order of the threads into `to`. */
template <typename Add>
void sumRows(int64_t rows, int64_t width, float* to, const Add& add) {
  const int64_t threads = threadsFor(rows * width);
  float* sums = room.room(threads * width);
  std::fill(sums, sums + threads * width, 0.0f);
  inParallel(threads, [&](int64_t thread) {
    const Range part = partOf(rows, threads, thread);
    for (int64_t row = part.from; row < part.to; row++) add(row, sums + thread * width);
  });
  std::copy(sums, sums + width, to);
  for (int64_t thread = 1; thread < threads; thread++) loops().addRow(width, sums + thread * width, to);
}

/** x […, width] → its sums over all axes but the last, [width]. */
void columnSums(Call& call) {
  const Tensor x = call.input(0);
  demand(x.rank() >= 1, "columns are summed of a matrix");
  const int64_t rows = x.leading(1), width = x.length(x.rank() - 1);
  float* y = call.output(0, {width});
  sumRows(rows, width, y, [&](int64_t row, float* sums) { loops().addRow(width, x.floats() + row * width, sums); });
}

void layerNorm(Call& call) {
  const Tensor x = call.input(0), gamma = call.input(1), beta = call.input(2), eps = call.input(3);
  demand(x.rank() == 2 && gamma.count() == x.length(1) && beta.count() == x.length(1) && eps.count() == 1,
         "the shapes of a layer normalisation do not fit");
  const int64_t rows = x.length(0), width = x.length(1);
  float* y = call.outputLike(0, x);
  float* mean = call.output(1, {rows});
  float* inverse = call.output(2, {rows});
  overParts(rows, width, [&](Range part, int64_t) {
    for (int64_t row = part.from; row < part.to; row++)
      loops().layerNormRow(width, x.floats() + row * width, gamma.floats(), beta.floats(), eps.floats()[0],
                           y + row * width, mean + row, inverse + row);
  });
}

void layerNormGradient(Call& call) {
  const Tensor dy = call.input(0), x = call.input(1), gamma = call.input(2), mean = call.input(3), inverse = call.input(4);
  demand(x.rank() == 2 && dy.count() == x.count() && gamma.count() == x.length(1) && mean.count() == x.length(0) &&
             inverse.count() == x.length(0),
         "the shapes of a layer normalisation do not fit");
  const int64_t rows = x.length(0), width = x.length(1);
  float* dx = call.outputLike(0, x);
  float* dgamma = call.output(1, {width});
  float* dbeta = call.output(2, {width});
  Scratch both;
  float* sums = both.room(2 * width);
  sumRows(rows, 2 * width, sums, [&](int64_t row, float* to) {
    loops().layerNormGradientRow(width, dy.floats() + row * width, x.floats() + row * width, gamma.floats(),
                                 mean.floats()[row], inverse.floats()[row], dx + row * width, to, to + width);
  });
  std::copy(sums, sums + width, dgamma);
  std::copy(sums + width, sums + 2 * width, dbeta);
}

const bool known = [] {
  make<columnSums>("ConsiliumColumnSums", {"x: float"}, {"y: float"});
  make<layerNorm>("ConsiliumLayerNorm", {"x: float", "gamma: float", "beta: float", "eps: float"},
                  {"y: float", "mean: float", "inverse: float"});
  make<layerNormGradient>("ConsiliumLayerNormGradient",
                          {"dy: float", "x: float", "gamma: float", "mean: float", "inverse: float"},
                          {"dx: float", "dgamma: float", "dbeta: float"});
  return true;
}();

}  // namespace
