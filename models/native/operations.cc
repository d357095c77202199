// Operations of our own for TensorFlow's library on processors: one pass over memory where the library's own take many, and products
// with the processor's widest vectors. What each computes stands in models/src/backend/fused-kernels.ts.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "loops.h"
#include "parallel.h"
#include "scratch.h"
#include "tensors.h"

namespace {

/** What a thread needs beside the panels of its products. */
thread_local Scratch room;

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

/** Elementary steps of one GELU, beside those of a sum. */
constexpr int64_t geluSteps = 8;

void gelu(Call& call) {
  const Tensor x = call.input(0);
  float* y = call.outputLike(0, x);
  overParts(x.count(), geluSteps,
            [&](Range part, int64_t) { loops().gelu(part.to - part.from, x.floats() + part.from, y + part.from); });
}

void geluGradient(Call& call) {
  const Tensor dy = call.input(0), x = call.input(1);
  demand(dy.count() == x.count(), "the shapes of a GELU's gradient do not fit");
  float* dx = call.outputLike(0, x);
  overParts(x.count(), geluSteps, [&](Range part, int64_t) {
    loops().geluGradient(part.to - part.from, dy.floats() + part.from, x.floats() + part.from, dx + part.from);
  });
}

void reluGradient(Call& call) {
  const Tensor dy = call.input(0), y = call.input(1);
  demand(dy.count() == y.count(), "the shapes of a ReLU's gradient do not fit");
  float* dx = call.outputLike(0, y);
  overParts(y.count(), 1, [&](Range part, int64_t) {
    loops().reluGradient(part.to - part.from, dy.floats() + part.from, y.floats() + part.from, dx + part.from);
  });
}

/** `work(from, width)` for strips of the columns of a matrix of so many rows. */
template <typename Work>
void overColumns(int64_t rows, int64_t columns, const Work& work) {
  constexpr int64_t stepsOfElement = 8;
  const int64_t most = loops().columnsAtOnce;
  overParts((columns + most - 1) / most, rows * most * stepsOfElement, [&](Range part, int64_t) {
    for (int64_t from = part.from * most; from < std::min(part.to * most, columns); from += most)
      work(from, std::min(most, columns - from));
  });
}

void batchNorm(Call& call) {
  const Tensor x = call.input(0), gamma = call.input(1), beta = call.input(2), eps = call.input(3);
  demand(x.rank() == 2 && x.length(0) > 0 && gamma.count() == x.length(1) && beta.count() == x.length(1) &&
             eps.count() == 1,
         "the shapes of a batch normalisation do not fit");
  const int64_t rows = x.length(0), columns = x.length(1);
  float* y = call.outputLike(0, x);
  float* mean = call.output(1, {columns});
  float* variance = call.output(2, {columns});
  float* inverse = call.output(3, {columns});
  overColumns(rows, columns, [&](int64_t from, int64_t width) {
    loops().batchNormColumns(rows, width, columns, x.floats() + from, gamma.floats() + from, beta.floats() + from,
                             eps.floats()[0], y + from, mean + from, variance + from, inverse + from);
  });
}

void batchNormGradient(Call& call) {
  const Tensor dy = call.input(0), x = call.input(1), gamma = call.input(2), mean = call.input(3), inverse = call.input(4);
  demand(x.rank() == 2 && x.length(0) > 0 && dy.count() == x.count() && gamma.count() == x.length(1) &&
             mean.count() == x.length(1) && inverse.count() == x.length(1),
         "the shapes of a batch normalisation do not fit");
  const int64_t rows = x.length(0), columns = x.length(1);
  float* dx = call.outputLike(0, x);
  float* dgamma = call.output(1, {columns});
  float* dbeta = call.output(2, {columns});
  overColumns(rows, columns, [&](int64_t from, int64_t width) {
    loops().batchNormGradientColumns(rows, width, columns, dy.floats() + from, x.floats() + from, gamma.floats() + from,
                                     mean.floats() + from, inverse.floats() + from, dx + from, dgamma + from,
                                     dbeta + from);
  });
}

/** `settings`: threshold, two words of the key, the upper two of the counter. `kept`: what stands where nothing is dropped. */
Dropout dropoutOf(const int32_t* settings, float kept) {
  Dropout dropout;
  std::memcpy(&dropout.threshold, settings, 4);
  dropout.kept = kept;
  std::memcpy(dropout.key, settings + 1, 8);
  std::memcpy(dropout.counter, settings + 3, 8);
  return dropout;
}
constexpr int64_t dropoutSettings = 5;

/** `settings` and `kept` of the dropout, `shape` → mask of the shape. */
void dropoutMask(Call& call) {
  const Tensor settings = call.input(0), kept = call.input(1), shape = call.input(2);
  demand(settings.count() == dropoutSettings && kept.count() == 1 && shape.count() <= Call::mostAxes,
         "the settings of a mask do not fit");
  int64_t axes[Call::mostAxes], count = 1;
  for (int64_t axis = 0; axis < shape.count(); axis++) count *= axes[axis] = shape.integers()[axis];
  float* mask = call.output(0, axes, static_cast<int>(shape.count()));
  const Dropout dropout = dropoutOf(settings.integers(), kept.floats()[0]);
  constexpr int64_t atOnce = 4096;
  overParts((count + atOnce - 1) / atOnce, atOnce, [&](Range part, int64_t) {
    for (int64_t n = part.from; n < part.to; n++) {
      const int64_t from = n * atOnce, length = std::min(atOnce, count - from);
      const float* drawn = loops().drawMask(dropout, from, length, room.room(atOnce + maskMargin));
      std::copy(drawn, drawn + length, mask + from);
    }
  });
}

/** Attention's settings: batch, tokens, heads, width of a head, whether there is dropout, and its settings. */
struct Layout {
  int64_t batch, tokens, heads, width;
  bool drops;
  Dropout dropout;

  Layout(const Tensor& settings, const Tensor& kept) {
    demand(settings.count() == 5 + dropoutSettings && kept.count() == 1, "the settings of an attention do not fit");
    const int32_t* values = settings.integers();
    batch = values[0];
    tokens = values[1];
    heads = values[2];
    width = values[3];
    drops = values[4] != 0;
    dropout = dropoutOf(values + 5, kept.floats()[0]);
    demand(batch > 0 && tokens > 0 && heads > 0 && width > 0, "the settings of an attention do not fit");
  }

  int64_t rowY() const { return heads * width; }
  const Dropout* dropping() const { return drops ? &dropout : nullptr; }

  /** The n-th head of all batch rows. */
  Head head(const float* projected, int64_t n) const {
    const float* queries = projected + n / heads * tokens * 3 * rowY() + n % heads * width;
    return {queries, queries + rowY(), queries + 2 * rowY(), 3 * rowY(), tokens, width,
            1.0f / std::sqrt(static_cast<float>(width)), n * tokens * tokens};
  }

  /** Where the n-th head begins in rows of heads side by side. */
  int64_t placeInY(int64_t n) const { return n / heads * tokens * rowY() + n % heads * width; }
};

void attention(Call& call) {
  const Tensor projected = call.input(0), settings = call.input(1), kept = call.input(2);
  const Layout layout(settings, kept);
  demand(projected.count() == layout.batch * layout.tokens * 3 * layout.rowY(), "the shape of an attention does not fit");
  float* y = call.output(0, {layout.batch * layout.tokens, layout.rowY()});
  float* logSums = call.output(1, {layout.batch * layout.heads, layout.tokens});
  inParallel(layout.batch * layout.heads, [&](int64_t n) {
    loops().attend(layout.head(projected.floats(), n), layout.dropping(), y + layout.placeInY(n), layout.rowY(),
                   logSums + n * layout.tokens, room.room(loops().attentionRoom(layout.tokens)));
  });
}

void attentionGradient(Call& call) {
  const Tensor dy = call.input(0), y = call.input(1), projected = call.input(2), logSums = call.input(3);
  const Tensor settings = call.input(4), kept = call.input(5);
  const Layout layout(settings, kept);
  const int64_t rows = layout.batch * layout.tokens;
  demand(projected.count() == rows * 3 * layout.rowY() && dy.count() == rows * layout.rowY() && y.count() == dy.count() &&
             logSums.count() == rows * layout.heads,
         "the shape of an attention does not fit");
  float* slope = call.output(0, {rows, 3 * layout.rowY()});
  inParallel(layout.batch * layout.heads, [&](int64_t n) {
    const Head head = layout.head(projected.floats(), n);
    float* queries = slope + (head.queries - projected.floats());
    const int64_t at = layout.placeInY(n);
    loops().attendGradient(head, layout.dropping(), dy.floats() + at, y.floats() + at, layout.rowY(),
                           logSums.floats() + n * layout.tokens, queries, queries + layout.rowY(),
                           queries + 2 * layout.rowY(), room.room(loops().attentionRoom(layout.tokens)));
  });
}

const bool known = [] {
  make<product>("ConsiliumProduct", {"a: float", "b: float", "bias: float", "settings: int32"}, {"c: float"});
  make<columnSums>("ConsiliumColumnSums", {"x: float"}, {"y: float"});
  make<layerNorm>("ConsiliumLayerNorm", {"x: float", "gamma: float", "beta: float", "eps: float"},
                  {"y: float", "mean: float", "inverse: float"});
  make<layerNormGradient>("ConsiliumLayerNormGradient",
                          {"dy: float", "x: float", "gamma: float", "mean: float", "inverse: float"},
                          {"dx: float", "dgamma: float", "dbeta: float"});
  make<gelu>("ConsiliumGelu", {"x: float"}, {"y: float"});
  make<geluGradient>("ConsiliumGeluGradient", {"dy: float", "x: float"}, {"dx: float"});
  make<reluGradient>("ConsiliumReluGradient", {"dy: float", "y: float"}, {"dx: float"});
  make<batchNorm>("ConsiliumBatchNorm", {"x: float", "gamma: float", "beta: float", "eps: float"},
                  {"y: float", "mean: float", "variance: float", "inverse: float"});
  make<batchNormGradient>("ConsiliumBatchNormGradient",
                          {"dy: float", "x: float", "gamma: float", "mean: float", "inverse: float"},
                          {"dx: float", "dgamma: float", "dbeta: float"});
  make<dropoutMask>("ConsiliumDropoutMask", {"settings: int32", "kept: float", "shape: int32"}, {"mask: float"});
  make<attention>("ConsiliumAttention", {"projected: float", "settings: int32", "kept: float"},
                  {"y: float", "log_sums: float"});
  make<attentionGradient>(
      "ConsiliumAttentionGradient",
      {"dy: float", "y: float", "projected: float", "log_sums: float", "settings: int32", "kept: float"},
      {"slope: float"});
  return true;
}();

}  // namespace
