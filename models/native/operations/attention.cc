// The heads' part of attention, a head at a time on each thread.

#include <cmath>

#include "../loops.h"
#include "../parallel.h"
#include "../scratch.h"
#include "../tensors.h"
#include "dropout.h"

namespace {

thread_local Scratch room;

/** Batch, tokens, heads, width of a head. */
struct Layout {
  int64_t batch, tokens, heads, width;

  explicit Layout(const Tensor& layout) {
    demand(layout.count() == 4, "the layout of an attention does not fit");
    const int32_t* values = layout.integers();
    batch = values[0];
    tokens = values[1];
    heads = values[2];
    width = values[3];
    demand(batch > 0 && tokens > 0 && heads > 0 && width > 0, "the layout of an attention does not fit");
  }

  int64_t rowY() const { return heads * width; }

  /** The n-th head of all batch rows. */
  Head head(const float* projected, int64_t n) const {
    const float* queries = projected + n / heads * tokens * 3 * rowY() + n % heads * width;
    return {queries, queries + rowY(), queries + 2 * rowY(), 3 * rowY(), tokens, width,
            1.0f / std::sqrt(static_cast<float>(width)), n * tokens * tokens};
  }

  /** Where the n-th head begins in rows of heads side by side. */
  int64_t placeInY(int64_t n) const { return n / heads * tokens * rowY() + n % heads * width; }

  /** Words for which weights of one head are kept. */
  int64_t words() const { return tokens * maskWords(tokens); }
};

/** projected [batch·tokens, 3·heads·width] → y [batch·tokens, heads·width], log_sums [batch·heads, tokens]; `dropout` may be empty. */
void attention(Call& call) {
  const Tensor projected = call.input(0), settings = call.input(1), dropout = call.input(2), kept = call.input(3);
  const Layout layout(settings);
  const int64_t heads = layout.batch * layout.heads;
  const bool drops = dropout.count() > 0;
  demand(projected.count() == layout.batch * layout.tokens * 3 * layout.rowY() && kept.count() == 1 &&
             (!drops || dropout.count() == dropoutSettings),
         "the shape of an attention does not fit");
  float* y = call.output(0, {layout.batch * layout.tokens, layout.rowY()});
  float* logSums = call.output(1, {heads, layout.tokens});
  uint32_t* words = call.words(2, {drops ? heads : 0, layout.words()});
  const Dropout drawn = drops ? dropoutOf(dropout.integers(), kept.floats()[0]) : Dropout{};
  inParallel(heads, [&](int64_t n) {
    loops().attend(layout.head(projected.floats(), n), drops ? &drawn : nullptr, y + layout.placeInY(n), layout.rowY(),
                   logSums + n * layout.tokens, drops ? words + n * layout.words() : nullptr,
                   room.room(loops().attentionRoom(layout.tokens)));
  });
}

void attentionGradient(Call& call) {
  const Tensor dy = call.input(0), y = call.input(1), projected = call.input(2), logSums = call.input(3);
  const Tensor words = call.input(4), settings = call.input(5), kept = call.input(6);
  const Layout layout(settings);
  const int64_t rows = layout.batch * layout.tokens, heads = layout.batch * layout.heads;
  const bool drops = words.count() > 0;
  demand(projected.count() == rows * 3 * layout.rowY() && dy.count() == rows * layout.rowY() && y.count() == dy.count() &&
             logSums.count() == heads * layout.tokens && (!drops || words.count() == heads * layout.words()) &&
             kept.count() == 1,
         "the shape of an attention does not fit");
  float* slope = call.output(0, {rows, 3 * layout.rowY()});
  inParallel(heads, [&](int64_t n) {
    const Head head = layout.head(projected.floats(), n);
    const Kept mask = {drops ? words.words() + n * layout.words() : nullptr, kept.floats()[0]};
    float* queries = slope + (head.queries - projected.floats());
    const int64_t at = layout.placeInY(n);
    loops().attendGradient(head, mask, dy.floats() + at, y.floats() + at, layout.rowY(),
                           logSums.floats() + n * layout.tokens, queries, queries + layout.rowY(),
                           queries + 2 * layout.rowY(), room.room(loops().attentionRoom(layout.tokens)));
  });
}

const bool known = [] {
  make<attention>("ConsiliumAttention", {"projected: float", "layout: int32", "dropout: int32", "kept: float"},
                  {"y: float", "log_sums: float", "words: int32"});
  make<attentionGradient>("ConsiliumAttentionGradient",
                          {"dy: float", "y: float", "projected: float", "log_sums: float", "words: int32",
                           "layout: int32", "kept: float"},
                          {"slope: float"});
  return true;
}();

}  // namespace
