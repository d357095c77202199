// Products of matrices, cut between the threads.

#include <cmath>
#include <cstring>

#include "../loops.h"
#include "../parallel.h"
#include "../tensors.h"

namespace {

/** How a product is cut between threads: parts of its rows times parts of its columns, so that the least is packed twice. */
int64_t rowParts(int64_t rows, int64_t columns, int64_t threads) {
  int64_t best = 1;
  double least = INFINITY;
  for (int64_t parts = 1; parts <= threads; parts++) {
    if (threads % parts != 0) continue;
    const double packed = double(rows) / parts + double(columns) * parts / threads;
    if (packed < least) {
      least = packed;
      best = parts;
    }
  }
  return best;
}

/** A product on all threads, with what follows it. */
void multiplyTogether(const Product& whole, const float* bias, bool relu) {
  const Loops& loop = loops();
  const int64_t threads = threadsFor(whole.rows * whole.columns * whole.depth / 16);
  const int64_t parts = rowParts(whole.rows, whole.columns, threads);
  inParallel(threads, [&](int64_t task) {
    const Range rows = partOf(whole.rows, parts, task % parts, loop.tileRows);
    const Range columns = partOf(whole.columns, threads / parts, task / parts, loop.tileColumns);
    Product part = whole;
    part.rows = rows.to - rows.from;
    part.columns = columns.to - columns.from;
    part.a += rows.from * whole.aRow;
    part.b += columns.from * whole.bColumn;
    part.c += rows.from * whole.cRow + columns.from;
    loop.multiply(part);
    loop.finish(part, bias == nullptr ? nullptr : bias + columns.from, relu);
  });
}

/** a […, m, k] and b […, k, n], either turned, → […, m, n]; `bias` [n] or empty; `settings`: turn a, turn b, ReLU. */
void product(Call& call) {
  const Tensor a = call.input(0), b = call.input(1), bias = call.input(2), settings = call.input(3);
  demand(settings.count() == 3, "a product has three settings");
  const bool turnA = settings.integers()[0] != 0, turnB = settings.integers()[1] != 0, relu = settings.integers()[2] != 0;
  const int rank = a.rank();
  demand(rank >= 2 && rank <= Call::mostAxes && b.rank() == rank, "a product is of two matrices, or of as many of each");
  const int64_t batch = a.leading(2);
  const int64_t rows = a.length(rank - (turnA ? 1 : 2)), depth = a.length(rank - (turnA ? 2 : 1));
  const int64_t columns = b.length(rank - (turnB ? 2 : 1));
  demand(b.leading(2) == batch && b.length(rank - (turnB ? 1 : 2)) == depth, "the shapes of a product do not fit");
  demand(bias.count() == 0 || bias.count() == columns, "the shape of a bias does not fit");
  int64_t shape[Call::mostAxes];
  for (int axis = 0; axis < rank - 2; axis++) shape[axis] = a.length(axis);
  shape[rank - 2] = rows;
  shape[rank - 1] = columns;
  float* c = call.output(0, shape, rank);
  if (depth == 0) std::memset(c, 0, batch * rows * columns * 4);
  const float* shift = bias.count() == 0 ? nullptr : bias.floats();
  const auto one = [&](int64_t n) {
    return Product{a.floats() + n * rows * depth, b.floats() + n * depth * columns, c + n * rows * columns,
                   rows, columns, depth, turnA ? 1 : depth, turnA ? rows : 1, turnB ? 1 : columns, turnB ? depth : 1,
                   columns, false};
  };
  if (batch < threadCount()) {
    for (int64_t n = 0; n < batch; n++) multiplyTogether(one(n), shift, relu);
    return;
  }
  inParallel(batch, [&](int64_t n) {
    loops().multiply(one(n));
    loops().finish(one(n), shift, relu);
  });
}

const bool known = [] {
  make<product>("ConsiliumProduct", {"a: float", "b: float", "bias: float", "settings: int32"}, {"c: float"});
  return true;
}();

}  // namespace
