// Matrix products with either operand transposed, a block of the result at a time.
import { copyLeftDepth, interleaveRows, packSideBySideColumns, packSideBySideDepth } from "./pack";
import { MOST_DEPTH, multiplyPanels, panelsOf, TILE_COLUMNS, TILE_ROWS } from "./register-tile";
import { storeBlock } from "./store-block";
import { leftPanels, resultBlock, rightPanels, targetTable, zeros } from "./workspace";

/** What the words at the start of a thread's workspace say: src/kernels/matmul.ts writes them. */
@unmanaged
class Product {
  rows: i32;
  columns: i32;
  depth: i32;
  /** Whether the left operand is stored [depth, rows], and the right one [columns, depth]. */
  leftIsTransposed: i32;
  rightIsTransposed: i32;
  /** Blocks of the result; those along the rows are next to each other in the order of tiles. */
  rowsInBlock: i32;
  columnsInBlock: i32;
  /** The depth is split into parts of this many, whose products go to buffers of their own. */
  depthInPart: i32;
  parts: i32;
  /** Products in the batch. */
  members: i32;
  rectifies: i32;
  /** Whether the product is added to what is in the target. */
  accumulates: i32;
  /** Distances of the batch's matrices, in elements. */
  leftMember: i32;
  rightMember: i32;
  targetMember: i32;
}

/** Packs rows `firstRow` ... of a left operand stored row by row, or depth by depth if `isTransposed`. */
function packLeft(
  to: usize,
  left: usize,
  product: Product,
  firstRow: i32,
  rows: i32,
  firstDepth: i32,
  depth: i32,
  zero: usize,
): void {
  if (product.leftIsTransposed) {
    const rowBytes = <usize>product.rows * 4;
    let first = left + <usize>firstDepth * rowBytes + <usize>(firstRow * 4);
    for (let row = 0; row < rows; row += TILE_ROWS) {
      const count = min(rows - row, TILE_ROWS);
      let source = first;
      for (let k = 0; k < depth; k++) {
        copyLeftDepth(to, source, count);
        source += rowBytes;
        to += <usize>(TILE_ROWS * 4);
      }
      first += <usize>(TILE_ROWS * 4);
    }
    return;
  }
  const rowBytes = <usize>product.depth * 4;
  for (let row = 0; row < rows; row += TILE_ROWS) {
    const row0 = left + <usize>(firstRow + row) * rowBytes + <usize>(firstDepth * 4);
    const count = rows - row;
    to = interleaveRows(
      to,
      row0,
      count > 1 ? row0 + rowBytes : zero,
      count > 2 ? row0 + 2 * rowBytes : zero,
      count > 3 ? row0 + 3 * rowBytes : zero,
      count > 4 ? row0 + 4 * rowBytes : zero,
      count > 5 ? row0 + 5 * rowBytes : zero,
      depth,
    );
  }
}

/**
 * One block of target[batch, rows, columns] = left x right, or of the part of it that a part of the depth gives: with more than
 * one part, target is [parts, batch, rows, columns].
 */
export function matmulBlock(tile: i32, workspace: usize, left: usize, right: usize, target: usize, bias: usize): void {
  const product = changetype<Product>(workspace);
  const rows = product.rows;
  const columns = product.columns;
  const depth = product.depth;
  const rowBlocks = panelsOf(rows, product.rowsInBlock);
  const columnBlocks = panelsOf(columns, product.columnsInBlock);
  const firstRow = (tile % rowBlocks) * product.rowsInBlock;
  tile /= rowBlocks;
  const firstColumn = (tile % columnBlocks) * product.columnsInBlock;
  tile /= columnBlocks;
  const part = tile % product.parts;
  const member = tile / product.parts;
  left += <usize>member * <usize>product.leftMember * 4;
  right += <usize>member * <usize>product.rightMember * 4;
  const blockRows = min(rows - firstRow, product.rowsInBlock);
  const blockColumns = min(columns - firstColumn, product.columnsInBlock);
  const rowPanels = panelsOf(blockRows, TILE_ROWS);
  const columnPanels = panelsOf(blockColumns, TILE_COLUMNS);
  const begin = part * product.depthInPart;
  const end = min(depth, begin + product.depthInPart);
  const zero = zeros(workspace);
  memory.fill(zero, 0, <usize>(MOST_DEPTH * 4));
  const block = resultBlock(workspace);

  for (let k = begin; k < end; k += MOST_DEPTH) {
    const count = min(end - k, MOST_DEPTH);
    const panelBytes = <usize>(count * TILE_COLUMNS * 4);
    if (product.rightIsTransposed) {
      const columnBytes = <usize>depth * 4;
      const from = right + <usize>firstColumn * columnBytes + <usize>(k * 4);
      packSideBySideDepth(rightPanels(workspace), panelBytes, from, columnBytes, count, blockColumns);
    } else {
      const rowBytes = <usize>columns * 4;
      const from = right + <usize>k * rowBytes + <usize>(firstColumn * 4);
      packSideBySideColumns(rightPanels(workspace), panelBytes, from, rowBytes, count, blockColumns);
    }
    packLeft(leftPanels(workspace), left, product, firstRow, blockRows, k, count, zero);
    multiplyPanels(leftPanels(workspace), rowPanels, rightPanels(workspace), columnPanels, count, block, k > begin);
  }

  const targets = targetTable(workspace);
  let row = target + (<usize>part * <usize>product.members + <usize>member) * <usize>product.targetMember * 4;
  row += (<usize>firstRow * <usize>columns + <usize>firstColumn) * 4;
  for (let index = 0; index < blockRows; index++) {
    store<u32>(targets + <usize>(index * 4), <u32>row);
    row += <usize>columns * 4;
  }
  const biasRow: usize = bias == 0 ? 0 : bias + <usize>(firstColumn * 4);
  storeBlock(
    block,
    <usize>(columnPanels * TILE_COLUMNS * 4),
    blockRows,
    blockColumns,
    targets,
    biasRow,
    product.rectifies != 0,
    product.accumulates != 0,
  );
}
