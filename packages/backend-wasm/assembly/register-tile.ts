// The product of two packed panels: the part of a matrix product that fits into registers. Everything else feeds it.

/**
 * Rows of a tile. 16 registers hold its accumulators, a row of the right panel and one element of the left; without a fused
 * multiply-add the product needs a register too.
 */
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
/** Columns of a tile: two registers. */
export const TILE_COLUMNS: i32 = 8;
/** The most that is multiplied and added up before a sum goes to memory: a right panel of this depth fills a quarter of an L1 cache. */
export const MOST_DEPTH: i32 = 256;

@inline
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

@inline
function storeRow(target: usize, low: v128, high: v128): void {
  v128.store(target, low);
  v128.store(target, high, 16);
}

@inline
function addRow(target: usize, low: v128, high: v128): void {
  v128.store(target, f32x4.add(v128.load(target), low));
  v128.store(target, f32x4.add(v128.load(target, 16), high), 16);
}

/**
 * target[TILE_ROWS, TILE_COLUMNS] (+)= left[TILE_ROWS, depth] right[depth, TILE_COLUMNS]. Both panels lie depth by depth.
 * `rowBytes` is the distance of the target's rows.
 */
function multiplyTile(depth: i32, left: usize, right: usize, target: usize, rowBytes: usize, accumulates: bool): void {
  let low0 = f32x4.splat(0), high0 = low0;
  let low1 = low0, high1 = low0;
  let low2 = low0, high2 = low0;
  let low3 = low0, high3 = low0;
  let low4 = low0, high4 = low0;
  let low5 = low0, high5 = low0;
  for (; depth > 0; depth--) {
    const rightLow = v128.load(right);
    const rightHigh = v128.load(right, 16);
    let element = v128.load32_splat(left);
    low0 = multiplyAdd(element, rightLow, low0);
    high0 = multiplyAdd(element, rightHigh, high0);
    element = v128.load32_splat(left, 4);
    low1 = multiplyAdd(element, rightLow, low1);
    high1 = multiplyAdd(element, rightHigh, high1);
    element = v128.load32_splat(left, 8);
    low2 = multiplyAdd(element, rightLow, low2);
    high2 = multiplyAdd(element, rightHigh, high2);
    element = v128.load32_splat(left, 12);
    low3 = multiplyAdd(element, rightLow, low3);
    high3 = multiplyAdd(element, rightHigh, high3);
    element = v128.load32_splat(left, 16);
    low4 = multiplyAdd(element, rightLow, low4);
    high4 = multiplyAdd(element, rightHigh, high4);
    if (TILE_ROWS > 5) {
      element = v128.load32_splat(left, 20);
      low5 = multiplyAdd(element, rightLow, low5);
      high5 = multiplyAdd(element, rightHigh, high5);
    }
    left += <usize>(TILE_ROWS * 4);
    right += <usize>(TILE_COLUMNS * 4);
  }
  // One branch for all rows: with more, the compiler keeps the accumulators in memory.
  if (accumulates) {
    addRow(target, low0, high0);
    addRow(target + rowBytes, low1, high1);
    addRow(target + 2 * rowBytes, low2, high2);
    addRow(target + 3 * rowBytes, low3, high3);
    addRow(target + 4 * rowBytes, low4, high4);
    if (TILE_ROWS > 5) addRow(target + 5 * rowBytes, low5, high5);
  } else {
    storeRow(target, low0, high0);
    storeRow(target + rowBytes, low1, high1);
    storeRow(target + 2 * rowBytes, low2, high2);
    storeRow(target + 3 * rowBytes, low3, high3);
    storeRow(target + 4 * rowBytes, low4, high4);
    if (TILE_ROWS > 5) storeRow(target + 5 * rowBytes, low5, high5);
  }
}

/**
 * The product of `rowPanels` packed left panels and `columnPanels` packed right ones of one depth, into (or onto) a row-major
 * block as wide as the right panels together. A right panel stays in the L1 cache while the left ones pass by.
 */
export function multiplyPanels(
  left: usize,
  rowPanels: i32,
  right: usize,
  columnPanels: i32,
  depth: i32,
  target: usize,
  accumulates: bool,
): void {
  const rowBytes = <usize>(columnPanels * TILE_COLUMNS * 4);
  const leftBytes = <usize>(depth * TILE_ROWS * 4);
  const rightBytes = <usize>(depth * TILE_COLUMNS * 4);
  for (let column = 0; column < columnPanels; column++) {
    let leftPanel = left;
    let tile = target;
    for (let row = 0; row < rowPanels; row++) {
      multiplyTile(depth, leftPanel, right, tile, rowBytes, accumulates);
      leftPanel += leftBytes;
      tile += rowBytes * TILE_ROWS;
    }
    right += rightBytes;
    target += <usize>(TILE_COLUMNS * 4);
  }
}

/** Panels of `width` that cover `count`. */
@inline
export function panelsOf(count: i32, width: i32): i32 {
  return (count + width - 1) / width;
}
