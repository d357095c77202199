#pragma once

#include <cstring>

#include "../loops.h"

/** `settings`: threshold, two words of the key, the upper two of the counter. `kept`: what stands where nothing is dropped. */
inline Dropout dropoutOf(const int32_t* settings, float kept) {
  Dropout dropout;
  std::memcpy(&dropout.threshold, settings, 4);
  dropout.kept = kept;
  std::memcpy(dropout.key, settings + 1, 8);
  std::memcpy(dropout.counter, settings + 3, 8);
  return dropout;
}
constexpr int64_t dropoutSettings = 5;
