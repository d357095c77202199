// Matrix products by register tiles over packed panels (Goto & van de Geijn 2008, "Anatomy of high-performance matrix
// multiplication"). Included once for each set of instructions, which names `laneBytes` and `tileRows`; so no guard.

typedef float Floats __attribute__((vector_size(laneBytes)));
typedef float LooseFloats __attribute__((vector_size(laneBytes), aligned(4), may_alias));

typedef float Four __attribute__((vector_size(16)));
typedef float LooseFour __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t FourPlaces __attribute__((vector_size(16)));

/** Floats of a vector. */
constexpr int64_t lanes = laneBytes / 4;
constexpr int64_t tileColumns = 2 * lanes;

/** How deep, and over how many rows and columns, panels are packed: for the caches of the first, second and third level. */
constexpr int64_t blockDepth = 128;
constexpr int64_t blockRows = 20 * tileRows;
constexpr int64_t blockColumns = 1024;

static inline Floats load(const float* from) { return *reinterpret_cast<const LooseFloats*>(from); }
static inline void store(float* to, Floats values) { *reinterpret_cast<LooseFloats*>(to) = values; }

/** Four rows of four floats, as columns: `to` has `width` floats from column to column. */
static inline void turnFour(const float* from, int64_t stride, float* to, int64_t width) {
  const auto row = [&](int64_t i) { return *reinterpret_cast<const LooseFour*>(from + i * stride); };
  const auto put = [&](int64_t i, Four column) { *reinterpret_cast<LooseFour*>(to + i * width) = column; };
  const Four ab = __builtin_shuffle(Four(row(0)), Four(row(1)), FourPlaces{0, 4, 1, 5});
  const Four cd = __builtin_shuffle(Four(row(2)), Four(row(3)), FourPlaces{0, 4, 1, 5});
  const Four abHigh = __builtin_shuffle(Four(row(0)), Four(row(1)), FourPlaces{2, 6, 3, 7});
  const Four cdHigh = __builtin_shuffle(Four(row(2)), Four(row(3)), FourPlaces{2, 6, 3, 7});
  put(0, __builtin_shuffle(ab, cd, FourPlaces{0, 1, 4, 5}));
  put(1, __builtin_shuffle(ab, cd, FourPlaces{2, 3, 6, 7}));
  put(2, __builtin_shuffle(abHigh, cdHigh, FourPlaces{0, 1, 4, 5}));
  put(3, __builtin_shuffle(abHigh, cdHigh, FourPlaces{2, 3, 6, 7}));
}

/** One panel [depth, width] of `real` neighbours that do not lie side by side; the rest is zero. */
template <int64_t width>
static inline void turnPanel(const float* from, int64_t stride, int64_t depthStride, int64_t real, int64_t depth,
                             float* to) {
  int64_t i = 0;
  for (; depthStride == 1 && i + 4 <= real; i += 4) {
    int64_t p = 0;
    for (; p + 4 <= depth; p += 4) turnFour(from + i * stride + p, stride, to + p * width + i, width);
    for (; p < depth; p++)
      for (int64_t n = i; n < i + 4; n++) to[p * width + n] = from[n * stride + p];
  }
  for (; i < real; i++)
    for (int64_t p = 0; p < depth; p++) to[p * width + i] = from[i * stride + p * depthStride];
  for (; i < width; i++)
    for (int64_t p = 0; p < depth; p++) to[p * width + i] = 0;
}

/** Panels [depth, width] of neighbours; what the last one lacks is zero. Rows that lie side by side are read from end to end. */
template <int64_t width>
static void packPanels(const float* from, int64_t stride, int64_t depthStride, int64_t count, int64_t depth, float* to) {
  const int64_t whole = stride == 1 ? count / width * width : 0;
  for (int64_t p = 0; p < depth; p++) {
    const float* row = from + p * depthStride;
    for (int64_t start = 0; start < whole; start += width)
      for (int64_t i = 0; i < width; i++) to[start * depth + p * width + i] = row[start + i];
  }
  for (int64_t start = whole; start < count; start += width)
    turnPanel<width>(from + start * stride, stride, depthStride, smaller(width, count - start), depth,
                     to + start * depth);
}

/** Some rows of a as a tile reads them: neighbours side by side, `step` floats from one depth to the next. */
struct Rows {
  const float* at;
  int64_t step;
};

/** `c = a·b`, or `c += a·b`, for one tile; b is a packed panel, of which `vectors` are used. */
template <int64_t vectors>
static inline void multiplyTile(int64_t depth, Rows a, const float* b, float* c, int64_t stride, bool add) {
  Floats sums[tileRows][vectors] = {};
  for (int64_t p = 0; p < depth; p++, a.at += a.step, b += tileColumns) {
    Floats factors[vectors];
    for (int64_t j = 0; j < vectors; j++) factors[j] = *reinterpret_cast<const Floats*>(b + j * lanes);
#pragma GCC unroll 16
    for (int64_t i = 0; i < tileRows; i++)
      for (int64_t j = 0; j < vectors; j++) sums[i][j] += a.at[i] * factors[j];
  }
#pragma GCC unroll 16
  for (int64_t i = 0; i < tileRows; i++, c += stride)
    for (int64_t j = 0; j < vectors; j++)
      store(c + j * lanes, add ? load(c + j * lanes) + sums[i][j] : sums[i][j]);
}

/** As `multiplyTile`, where only so many rows and columns of the tile lie in c. */
static void multiplyEdge(int64_t depth, Rows a, const float* b, float* c, int64_t stride, bool add, int64_t rows,
                         int64_t columns) {
  alignas(64) float whole[tileRows * tileColumns];
  if (columns > lanes) multiplyTile<2>(depth, a, b, whole, tileColumns, false);
  else multiplyTile<1>(depth, a, b, whole, tileColumns, false);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) {
      float& to = c[i * stride + j];
      to = add ? to + whole[i * tileColumns + j] : whole[i * tileColumns + j];
    }
}

/** A block: a as packed panels [rows, depth], or as it lies; b as packed panels [depth, columns]. */
static void multiplyBlock(int64_t rows, int64_t columns, int64_t depth, Rows a, int64_t panel, const float* b, float* c,
                          int64_t stride, bool add) {
  for (int64_t j = 0; j < columns; j += tileColumns)
    for (int64_t i = 0; i < rows; i += tileRows) {
      const Rows tile{a.at + i / tileRows * panel, a.step};
      float* to = c + i * stride + j;
      const int64_t tall = smaller(rows - i, tileRows), wide = smaller(columns - j, tileColumns);
      if (tall == tileRows && wide == tileColumns) multiplyTile<2>(depth, tile, b + j * depth, to, stride, add);
      else multiplyEdge(depth, tile, b + j * depth, to, stride, add, tall, wide);
    }
}

/** `c = a·b`, or `c += a·b`, on the calling thread. */
static void multiply(const Product& the) {
  const int64_t depthHeld = smaller(the.depth, blockDepth);
  const int64_t floatsB = roundUp(smaller(the.columns, blockColumns), tileColumns) * depthHeld;
  const int64_t floatsA = roundUp(smaller(the.rows, blockRows), tileRows) * depthHeld;
  float* packedB = panels.room(floatsB + floatsA);
  float* packedA = packedB + floatsB;
  // Rows that lie side by side and meet one panel only are read where they are, but for a last tile that is not full.
  const int64_t direct = the.aRow == 1 && the.columns <= tileColumns ? the.rows / tileRows * tileRows : 0;
  for (int64_t j = 0; j < the.columns; j += blockColumns)
    for (int64_t p = 0; p < the.depth; p += blockDepth) {
      const int64_t columns = smaller(blockColumns, the.columns - j);
      const int64_t depth = smaller(blockDepth, the.depth - p);
      const bool add = the.add || p > 0;
      packPanels<tileColumns>(the.b + p * the.bRow + j * the.bColumn, the.bColumn, the.bRow, columns, depth, packedB);
      const float* a = the.a + p * the.aColumn;
      float* c = the.c + j;
      if (direct > 0) multiplyBlock(direct, columns, depth, {a, the.aColumn}, tileRows, packedB, c, the.cRow, add);
      for (int64_t i = direct; i < the.rows; i += blockRows) {
        const int64_t rows = smaller(blockRows, the.rows - i);
        packPanels<tileRows>(a + i * the.aRow, the.aRow, the.aColumn, rows, depth, packedA);
        multiplyBlock(rows, columns, depth, {packedA, tileRows}, tileRows * depth, packedB, c + i * the.cRow, the.cRow,
                      add);
      }
    }
}

/** Adds the bias to each row, if there is one, and cuts off below zero, if wanted. */
static void finish(const Product& the, const float* bias, bool relu) {
  for (int64_t i = 0; i < the.rows; i++) {
    float* row = the.c + i * the.cRow;
    if (bias != nullptr)
#pragma omp simd
      for (int64_t j = 0; j < the.columns; j++) row[j] += bias[j];
    if (relu)
#pragma omp simd
      for (int64_t j = 0; j < the.columns; j++) row[j] = row[j] > 0 ? row[j] : 0;
  }
}
