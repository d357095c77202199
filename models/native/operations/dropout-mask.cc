// Masks of inverted dropout.

#include <algorithm>

#include "../loops.h"
#include "../parallel.h"
#include "../scratch.h"
#include "../tensors.h"
#include "dropout.h"

namespace {

thread_local Scratch room;

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

const bool known = [] {
  make<dropoutMask>("ConsiliumDropoutMask", {"settings: int32", "kept: float", "shape: int32"}, {"mask: float"});
  return true;
}();

}  // namespace
