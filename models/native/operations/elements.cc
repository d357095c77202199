// What is done to each element alone.

#include "../loops.h"
#include "../parallel.h"
#include "../tensors.h"

namespace {

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

const bool known = [] {
  make<gelu>("ConsiliumGelu", {"x: float"}, {"y: float"});
  make<geluGradient>("ConsiliumGeluGradient", {"dy: float", "x: float"}, {"dx: float"});
  make<reluGradient>("ConsiliumReluGradient", {"dy: float", "y: float"}, {"dx: float"});
  return true;
}();

}  // namespace
