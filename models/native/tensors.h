#pragma once

#include <cstdint>
#include <initializer_list>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

/** A tensor that TensorFlow lends for one call. */
class Tensor {
 public:
  explicit Tensor(TF_Tensor* given) : tensor(given) {}
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;
  ~Tensor() {
    if (tensor != nullptr) TF_DeleteTensor(tensor);
  }

  int64_t count() const { return TF_TensorElementCount(tensor); }
  int rank() const { return TF_NumDims(tensor); }
  int64_t length(int axis) const { return TF_Dim(tensor, axis); }
  /** Elements of all axes but the last `but`. */
  int64_t leading(int but) const {
    int64_t product = 1;
    for (int axis = 0; axis < rank() - but; axis++) product *= length(axis);
    return product;
  }
  void* data() const { return TF_TensorData(tensor); }
  const float* floats() const { return static_cast<const float*>(data()); }
  const int32_t* integers() const { return static_cast<const int32_t*>(data()); }
  const uint32_t* words() const { return static_cast<const uint32_t*>(data()); }

 private:
  TF_Tensor* tensor;
};

/** What went wrong with the inputs of a call. */
struct Misfit {
  const char* what;
};

inline void demand(bool holds, const char* what) {
  if (!holds) throw Misfit{what};
}

/** One call of an operation. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* given) : context(given), status(TF_NewStatus()) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { TF_DeleteStatus(status); }

  Tensor input(int place) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, place, &tensor, status);
    demand(TF_GetCode(status) == TF_OK, "an input is missing");
    return Tensor(tensor);
  }

  /** Room for an output of this shape. */
  float* output(int place, std::initializer_list<int64_t> shape) {
    return output(place, shape.begin(), static_cast<int>(shape.size()));
  }

  /** Room for an output of the shape of another tensor. */
  float* outputLike(int place, const Tensor& other) {
    demand(other.rank() <= mostAxes, "a tensor has too many axes");
    int64_t shape[mostAxes];
    for (int axis = 0; axis < other.rank(); axis++) shape[axis] = other.length(axis);
    return output(place, shape, other.rank());
  }

  float* output(int place, const int64_t* shape, int axes) {
    return static_cast<float*>(allocate(place, TF_FLOAT, shape, axes));
  }

  /** Room for an output of words, int32 to TensorFlow. */
  uint32_t* words(int place, std::initializer_list<int64_t> shape) {
    return static_cast<uint32_t*>(allocate(place, TF_INT32, shape.begin(), static_cast<int>(shape.size())));
  }

  void fail(const char* what) {
    TF_SetStatus(status, TF_INVALID_ARGUMENT, what);
    TF_OpKernelContext_Failure(context, status);
  }

  static constexpr int mostAxes = 8;

 private:
  /** Of a type of four bytes. */
  void* allocate(int place, TF_DataType type, const int64_t* shape, int axes) {
    int64_t count = 1;
    for (int axis = 0; axis < axes; axis++) count *= shape[axis];
    Tensor made(TF_AllocateOutput(context, place, type, shape, axes, count * 4, status));
    demand(TF_GetCode(status) == TF_OK, "there is no room for an output");
    return made.data();
  }

  TF_OpKernelContext* context;
  TF_Status* status;
};

/** Runs `compute`, whose faults become the call's. */
template <void (*compute)(Call&)>
void run(void*, TF_OpKernelContext* context) {
  Call call(context);
  try {
    compute(call);
  } catch (const Misfit& misfit) {
    call.fail(misfit.what);
  } catch (...) {
    call.fail("out of memory");
  }
}

/**
 * Makes an operation known, with its kernel for processors: inputs and outputs as "name: type". What each computes stands in
 * models/src/backend/fused-kernels.ts.
 */
template <void (*compute)(Call&)>
void make(const char* name, std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", nullptr, run<compute>, nullptr), status);
  TF_DeleteStatus(status);
}
