// Where a block of results goes: row by row to the addresses in a table, with the bias and the ReLU on the way.

@inline
function rectify(x: v128): v128 {
  // Not max: NaN stays NaN, and -0 becomes 0.
  return v128.andnot(x, f32x4.le(x, f32x4.splat(0)));
}

/**
 * Stores `rows` rows of `columns` elements, which lie `rowBytes` apart, to the addresses that `targets` lists (0: not stored).
 * `bias` is the address of a row that is added to each, or 0. A block that `accumulates` is added to what is stored there.
 */
export function storeBlock(
  block: usize,
  rowBytes: usize,
  rows: i32,
  columns: i32,
  targets: usize,
  bias: usize,
  rectifies: bool,
  accumulates: bool,
): void {
  const whole = columns & ~3;
  for (let row = 0; row < rows; row++) {
    const target = <usize>load<u32>(targets + <usize>(row * 4));
    if (target != 0) {
      for (let column = 0; column < whole; column += 4) {
        const offset = <usize>(column * 4);
        let value = v128.load(block + offset);
        if (accumulates) value = f32x4.add(value, v128.load(target + offset));
        if (bias != 0) value = f32x4.add(value, v128.load(bias + offset));
        if (rectifies) value = rectify(value);
        v128.store(target + offset, value);
      }
      for (let column = whole; column < columns; column++) {
        const offset = <usize>(column * 4);
        let value = load<f32>(block + offset);
        if (accumulates) value += load<f32>(target + offset);
        if (bias != 0) value += load<f32>(bias + offset);
        if (rectifies && value <= 0) value = 0;
        store<f32>(target + offset, value);
      }
    }
    block += rowBytes;
  }
}
