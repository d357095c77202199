#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

/** Memory of one thread that lives from call to call and grows to the largest wish. */
class Scratch {
 public:
  ~Scratch() { std::free(at); }

  /** Room for so many floats, at an address that suits every vector; what was in it is lost. */
  float* room(int64_t floats) {
    if (floats > held) {
      std::free(at);
      held = 0;
      constexpr int64_t alignment = 64;
      at = static_cast<float*>(std::aligned_alloc(alignment, (floats * 4 + alignment - 1) / alignment * alignment));
      if (at == nullptr) throw std::bad_alloc();
      held = floats;
    }
    return at;
  }

 private:
  float* at = nullptr;
  int64_t held = 0;
};
