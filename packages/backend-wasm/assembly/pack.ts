// Packing: elements of one depth side by side, panel after panel, in the order in which register tiles read them.
import { TILE_COLUMNS, TILE_ROWS } from "./register-tile";

@inline
function copyElement(to: usize, from: usize): void {
  store<f32>(to, load<f32>(from));
}

/** Interleaves as many runs of `length` as a tile has rows. Returns where the next depth goes. */
export function interleaveRows(
  to: usize,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  row4: usize,
  row5: usize,
  length: i32,
): usize {
  const step = <usize>(TILE_ROWS * 4);
  for (; length >= 4; length -= 4) {
    const a = v128.load(row0);
    const b = v128.load(row1);
    const c = v128.load(row2);
    const d = v128.load(row3);
    const lowAb = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const highAb = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const lowCd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const highCd = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(lowAb, lowCd, 0, 2));
    v128.store(to + step, v128.shuffle<i64>(lowAb, lowCd, 1, 3));
    v128.store(to + 2 * step, v128.shuffle<i64>(highAb, highCd, 0, 2));
    v128.store(to + 3 * step, v128.shuffle<i64>(highAb, highCd, 1, 3));
    if (TILE_ROWS > 5) {
      const e = v128.load(row4);
      const f = v128.load(row5);
      const lowEf = v128.shuffle<i32>(e, f, 0, 4, 1, 5);
      const highEf = v128.shuffle<i32>(e, f, 2, 6, 3, 7);
      v128.store64_lane(to, lowEf, 0, 16);
      v128.store64_lane(to + step, lowEf, 1, 16);
      v128.store64_lane(to + 2 * step, highEf, 0, 16);
      v128.store64_lane(to + 3 * step, highEf, 1, 16);
    } else {
      const e = v128.load(row4);
      v128.store32_lane(to, e, 0, 16);
      v128.store32_lane(to + step, e, 1, 16);
      v128.store32_lane(to + 2 * step, e, 2, 16);
      v128.store32_lane(to + 3 * step, e, 3, 16);
    }
    to += 4 * step;
    row0 += 16;
    row1 += 16;
    row2 += 16;
    row3 += 16;
    row4 += 16;
    row5 += 16;
  }
  for (; length > 0; length--) {
    copyElement(to, row0);
    copyElement(to + 4, row1);
    copyElement(to + 8, row2);
    copyElement(to + 12, row3);
    copyElement(to + 16, row4);
    if (TILE_ROWS > 5) copyElement(to + 20, row5);
    to += step;
    row0 += 4;
    row1 += 4;
    row2 += 4;
    row3 += 4;
    row4 += 4;
    row5 += 4;
  }
  return to;
}

/** Copies one depth of a left panel, whose rows lie side by side; of `rows` rows, the rest of the panel being 0. */
@inline
export function copyLeftDepth(to: usize, from: usize, rows: i32): void {
  if (rows == TILE_ROWS) {
    v128.store(to, v128.load(from));
    if (TILE_ROWS > 5) store<u64>(to, load<u64>(from, 16), 16);
    else store<u32>(to, load<u32>(from, 16), 16);
  } else {
    for (let row = 0; row < TILE_ROWS; row++) {
      const offset = <usize>(row * 4);
      store<f32>(to + offset, row < rows ? load<f32>(from + offset) : 0);
    }
  }
}

/** Panels that are filled at once: their rows of the source fill whole cache lines, and few enough of them that all stay cached. */
const PANELS_AT_ONCE: usize = 4;

/**
 * Packs a right operand whose columns lie side by side: `depth` rows of `columns` elements, `rowBytes` apart. Panel p begins at
 * `to` + p * panelBytes, so that an operand can be packed in parts along its depth.
 */
export function packSideBySideColumns(
  to: usize,
  panelBytes: usize,
  from: usize,
  rowBytes: usize,
  depth: i32,
  columns: i32,
): void {
  const step = <usize>(TILE_COLUMNS * 4);
  const columnsAtOnce = <i32>PANELS_AT_ONCE * TILE_COLUMNS;
  for (; columns >= columnsAtOnce; columns -= columnsAtOnce) {
    let source = from;
    let target = to;
    for (let row = 0; row < depth; row++) {
      let panel = target;
      v128.store(panel, v128.load(source));
      v128.store(panel, v128.load(source, 16), 16);
      panel += panelBytes;
      v128.store(panel, v128.load(source, 32));
      v128.store(panel, v128.load(source, 48), 16);
      panel += panelBytes;
      v128.store(panel, v128.load(source, 64));
      v128.store(panel, v128.load(source, 80), 16);
      panel += panelBytes;
      v128.store(panel, v128.load(source, 96));
      v128.store(panel, v128.load(source, 112), 16);
      source += rowBytes;
      target += step;
    }
    from += PANELS_AT_ONCE * step;
    to += PANELS_AT_ONCE * panelBytes;
  }
  for (; columns >= TILE_COLUMNS; columns -= TILE_COLUMNS) {
    let source = from;
    let target = to;
    for (let row = 0; row < depth; row++) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
      source += rowBytes;
      target += step;
    }
    from += step;
    to += panelBytes;
  }
  if (columns == 0) return;
  for (let row = 0; row < depth; row++) {
    for (let column = 0; column < TILE_COLUMNS; column++) {
      const offset = <usize>(column * 4);
      store<f32>(to + offset, column < columns ? load<f32>(from + offset) : 0);
    }
    from += rowBytes;
    to += step;
  }
}

/** The same for an operand whose depth lies side by side: `columns` runs of `depth` elements, `columnBytes` apart. */
export function packSideBySideDepth(
  to: usize,
  panelBytes: usize,
  from: usize,
  columnBytes: usize,
  depth: i32,
  columns: i32,
): void {
  const step = <usize>(TILE_COLUMNS * 4);
  for (let first = 0; first < columns; first += TILE_COLUMNS) {
    const count = min(columns - first, TILE_COLUMNS);
    let done = 0;
    if (count == TILE_COLUMNS) {
      for (; done + 4 <= depth; done += 4) {
        let source = from + <usize>(done * 4);
        let target = to + <usize>done * step;
        for (let half = 0; half < 2; half++) {
          const a = v128.load(source);
          const b = v128.load((source += columnBytes));
          const c = v128.load((source += columnBytes));
          const d = v128.load((source += columnBytes));
          source += columnBytes;
          const lowAb = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
          const highAb = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
          const lowCd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
          const highCd = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
          v128.store(target, v128.shuffle<i64>(lowAb, lowCd, 0, 2));
          v128.store(target + step, v128.shuffle<i64>(lowAb, lowCd, 1, 3));
          v128.store(target + 2 * step, v128.shuffle<i64>(highAb, highCd, 0, 2));
          v128.store(target + 3 * step, v128.shuffle<i64>(highAb, highCd, 1, 3));
          target += 16;
        }
      }
    }
    for (; done < depth; done++) {
      const source = from + <usize>(done * 4);
      const target = to + <usize>done * step;
      for (let column = 0; column < TILE_COLUMNS; column++) {
        const value: f32 = column < count ? load<f32>(source + <usize>column * columnBytes) : 0;
        store<f32>(target + <usize>(column * 4), value);
      }
    }
    from += columnBytes * TILE_COLUMNS;
    to += panelBytes;
  }
}
