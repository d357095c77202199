// Batch normalisation, by strips of columns.

#include <algorithm>

#include "../loops.h"
#include "../parallel.h"
#include "../tensors.h"

namespace {

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

const bool known = [] {
  make<batchNorm>("ConsiliumBatchNorm", {"x: float", "gamma: float", "beta: float", "eps: float"},
                  {"y: float", "mean: float", "variance: float", "inverse: float"});
  make<batchNormGradient>("ConsiliumBatchNormGradient",
                          {"dy: float", "x: float", "gamma: float", "mean: float", "inverse: float"},
                          {"dx: float", "dgamma: float", "dbeta: float"});
  return true;
}();

}  // namespace
