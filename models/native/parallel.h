#pragma once

#include <omp.h>

#include <cstdint>
#include <new>

/** How many threads share a kernel's work: OMP_NUM_THREADS, else every processor that this process may use. */
inline int64_t threadCount() { return omp_get_max_threads(); }

/** Calls `work(task)` for each of `tasks`, which are dealt to the threads in runs of equal length. @throws std::bad_alloc */
template <typename Work>
void inParallel(int64_t tasks, const Work& work) {
  bool starved = false;
#pragma omp parallel for schedule(static) if (tasks > 1) reduction(|| : starved)
  for (int64_t task = 0; task < tasks; task++) {
    try {
      work(task);
    } catch (const std::bad_alloc&) {
      starved = true;  // what is thrown may not leave a thread
    }
  }
  if (starved) throw std::bad_alloc();
}

/** A part of a range. */
struct Range {
  int64_t from;
  int64_t to;
};

/** The n-th of `parts` parts of 0 … length; their borders are multiples of `grain`. */
inline Range partOf(int64_t length, int64_t parts, int64_t n, int64_t grain = 1) {
  const int64_t grains = (length + grain - 1) / grain;
  const auto border = [&](int64_t i) {
    const int64_t at = grains * i / parts * grain;
    return at < length ? at : length;
  };
  return {border(n), border(n + 1)};
}

/** How many threads are worth waking for so many elementary steps. */
inline int64_t threadsFor(int64_t steps) {
  constexpr int64_t stepsPerThread = 1 << 17;
  const int64_t wanted = steps / stepsPerThread;
  const int64_t most = threadCount();
  return wanted < 1 ? 1 : wanted < most ? wanted : most;
}

/** `work(range, thread)` for the parts of 0 … length, as many as are worth it when each element takes `steps`. */
template <typename Work>
void overParts(int64_t length, int64_t steps, const Work& work) {
  const int64_t parts = threadsFor(length * steps);
  inParallel(parts, [&](int64_t n) { work(partOf(length, parts, n), n); });
}
