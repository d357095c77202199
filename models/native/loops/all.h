// All loops, and their table. Included once for each set of instructions; so no guard.

#include "product.h"

#include "curves.h"

#include "elements.h"

#include "rows.h"

#include "columns.h"

#include "random.h"

#include "mask-words.h"

#include "narrow-attention.h"

#include "attention.h"

static const Loops table = {
    tileRows,
    tileColumns,
    multiply,
    finish,
    gelu,
    geluGradient,
    reluGradient,
    layerNormRow,
    layerNormGradientRow,
    addRow,
    columnsAtOnce,
    batchNormColumns,
    batchNormGradientColumns,
    drawMask,
    attentionRoom,
    attend,
    attendGradient,
};
