/** What product.wat exports; see there. Addresses and strides are bytes, counts are values. */
interface ProductExports {
  readonly packAlong: (
    from: number,
    laneStride: number,
    lanes: number,
    k: number,
    to: number,
    width: PanelWidth,
  ) => void;
  readonly packAcross: (from: number, kStride: number, lanes: number, k: number, to: number, width: PanelWidth) => void;
  readonly transpose: (
    from: number,
    laneStride: number,
    lanes: number,
    k: number,
    to: number,
    toStride: number,
  ) => void;
  readonly packPatchesAlong: (
    image: number,
    places: number,
    pixels: number,
    taps: number,
    tapCount: number,
    channels: number,
    to: number,
  ) => void;
  readonly packPatchesAcross: (at: number, places: number, pixels: number, channels: number, to: number) => void;
  readonly multiplyPairs: (
    count: number,
    m: number,
    k: number,
    n: number,
    a: number,
    aStep: number,
    aStride: number,
    aAlong: 0 | 1,
    b: number,
    bStep: number,
    bStride: number,
    bAlong: 0 | 1,
    out: number,
    start: number,
    panelsA: number,
    panelsB: number,
  ) => void;
  readonly multiplyPanels: (
    a: number,
    b: number,
    k: number,
    rows: number,
    columns: number,
    out: number,
    outStride: number,
    start: number,
    startStride: number,
    least: number,
  ) => void;
}

/** What elements.wat exports. */
interface ElementsExports {
  readonly reluGradient: (dy: number, y: number, out: number, count: number) => void;
  readonly gelu: (x: number, out: number, count: number) => void;
  readonly geluGradient: (dy: number, x: number, out: number, count: number) => void;
  readonly adam: (
    w: number,
    g: number,
    m: number,
    v: number,
    count: number,
    beta1: number,
    beta2: number,
    rate: number,
    eps: number,
    keep: number,
  ) => void;
}

/** What columns.wat exports. */
interface ColumnsExports {
  readonly columnSums: (x: number, rows: number, width: number, out: number) => void;
  readonly columnSquares: (x: number, centre: number, rows: number, width: number, out: number) => void;
  readonly columnProducts: (
    a: number,
    b: number,
    centre: number,
    rows: number,
    width: number,
    sums: number,
    products: number,
  ) => void;
  readonly scaleShift: (
    x: number,
    centre: number,
    scale: number,
    shift: number,
    rows: number,
    width: number,
    out: number,
  ) => void;
  readonly scaleLean: (
    a: number,
    scale: number,
    b: number,
    centre: number,
    lean: number,
    shift: number,
    rows: number,
    width: number,
    out: number,
  ) => void;
}

/** What rows.wat exports. */
interface RowsExports {
  readonly layerNorm: (
    x: number,
    gamma: number,
    beta: number,
    rows: number,
    width: number,
    eps: number,
    y: number,
    mean: number,
    inverse: number,
  ) => void;
  readonly layerNormGradient: (
    dy: number,
    x: number,
    gamma: number,
    mean: number,
    inverse: number,
    rows: number,
    width: number,
    dx: number,
    dgamma: number,
    dbeta: number,
  ) => void;
  readonly softmaxGradient: (dp: number, p: number, rows: number, width: number, scale: number, out: number) => void;
}

/** What philox.wat exports. */
interface PhiloxExports {
  readonly dropoutMask: (
    out: number,
    count: number,
    key0: number,
    key1: number,
    upper0: number,
    upper1: number,
    dropped: number,
    kept: number,
  ) => void;
}

/** What pooling.wat exports. */
interface PoolingExports {
  readonly maxPoolGradRow: (
    values: number,
    slopes: number,
    out: number,
    windows: number,
    channels: number,
    height: number,
    width: number,
    rowBytes: number,
    windowBytes: number,
  ) => void;
}

/** What movement.wat exports. */
interface MovementExports {
  readonly gatherRows: (from: number, stride: number, rows: number, bytes: number, to: number) => void;
}

/** What tiles.wat exports. */
interface TilesExports {
  readonly filterToTiles: (filter: number, count: number, out: number) => void;
  readonly filterFromTiles: (tiles: number, count: number, out: number) => void;
  readonly imageToTiles: (
    image: number,
    places: number,
    tiles: number,
    rowBytes: number,
    pixelBytes: number,
    out: number,
    step: number,
  ) => void;
  readonly tilesToImage: (
    from: number,
    step: number,
    places: number,
    edges: number,
    tiles: number,
    rowBytes: number,
    pixelBytes: number,
    image: number,
    bias: number,
    least: number,
  ) => void;
  readonly slopesToTiles: (
    image: number,
    places: number,
    edges: number,
    tiles: number,
    rowBytes: number,
    pixelBytes: number,
    out: number,
    step: number,
  ) => void;
}

/** Rows of A, or columns of B, in one packed panel. */
type PanelWidth = 4 | 8;

/** The kernels of this folder's .wat files, at work on the heap of the backend's own module. */
export interface Simd {
  readonly product: ProductExports;
  readonly elements: ElementsExports;
  readonly columns: ColumnsExports;
  readonly rows: RowsExports;
  readonly philox: PhiloxExports;
  readonly pooling: PoolingExports;
  readonly movement: MovementExports;
  readonly tiles: TilesExports;
}
