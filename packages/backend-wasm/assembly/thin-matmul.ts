// Products with few rows, such as a matrix by a vector: the right operand is read once, where it is, without being packed.
import { multiplyAdd, panelsOf } from "./register-tile";
import { storeBlock } from "./store-block";
import { resultBlock, targetTable } from "./workspace";

/** What the words at the start of a thread's workspace say: src/kernels/thin-matmul.ts writes them. */
@unmanaged
class ThinProduct {
  rows: i32;
  columns: i32;
  depth: i32;
  /** Distances in the left operand, in elements, of rows and along the depth. */
  leftRow: i32;
  leftDepth: i32;
  /** Whether the right operand is stored [columns, depth]. */
  rightIsTransposed: i32;
  columnsInBlock: i32;
  rectifies: i32;
}

/** sums[0, columns] += left[depth] right[depth, columns], for a depth of 4. */
@inline
function addFourDepths(sums: usize, left: usize, leftStep: usize, right: usize, rightStep: usize, columns: i32): void {
  const element0 = load<f32>(left);
  const element1 = load<f32>(left + leftStep);
  const element2 = load<f32>(left + 2 * leftStep);
  const element3 = load<f32>(left + 3 * leftStep);
  const splat0 = f32x4.splat(element0);
  const splat1 = f32x4.splat(element1);
  const splat2 = f32x4.splat(element2);
  const splat3 = f32x4.splat(element3);
  let row1 = right + rightStep;
  let row2 = row1 + rightStep;
  let row3 = row2 + rightStep;
  for (; columns >= 4; columns -= 4) {
    let sum = multiplyAdd(splat0, v128.load(right), v128.load(sums));
    sum = multiplyAdd(splat1, v128.load(row1), sum);
    sum = multiplyAdd(splat2, v128.load(row2), sum);
    v128.store(sums, multiplyAdd(splat3, v128.load(row3), sum));
    sums += 16;
    right += 16;
    row1 += 16;
    row2 += 16;
    row3 += 16;
  }
  for (; columns > 0; columns--) {
    let sum = load<f32>(sums) + element0 * load<f32>(right);
    sum += element1 * load<f32>(row1);
    sum += element2 * load<f32>(row2);
    store<f32>(sums, sum + element3 * load<f32>(row3));
    sums += 4;
    right += 4;
    row1 += 4;
    row2 += 4;
    row3 += 4;
  }
}

/** sums[rows, columns] of a right operand whose columns lie side by side, `rightStep` bytes from depth to depth. */
function sumSideBySideColumns(sums: usize, rowBytes: usize, product: ThinProduct, left: usize, right: usize, columns: i32): void {
  const rightStep = <usize>product.columns * 4;
  const leftStep = <usize>product.leftDepth * 4;
  const rows = product.rows;
  memory.fill(sums, 0, rowBytes * rows);
  let k = 0;
  for (; k + 4 <= product.depth; k += 4) {
    for (let row = 0; row < rows; row++) {
      const element = left + <usize>(row * product.leftRow) * 4;
      addFourDepths(sums + <usize>row * rowBytes, element, leftStep, right, rightStep, columns);
    }
    left += 4 * leftStep;
    right += 4 * rightStep;
  }
  for (; k < product.depth; k++) {
    for (let row = 0; row < rows; row++) {
      const element = load<f32>(left + <usize>(row * product.leftRow) * 4);
      for (let column = 0; column < columns; column++) {
        const sum = sums + <usize>row * rowBytes + <usize>(column * 4);
        store<f32>(sum, load<f32>(sum) + element * load<f32>(right + <usize>(column * 4)));
      }
    }
    left += leftStep;
    right += rightStep;
  }
}

/** The product of two runs of `depth` elements, `leftStep` bytes from element to element of the left one. */
function dotProduct(left: usize, leftStep: usize, right: usize, depth: i32): f32 {
  let total: f32 = 0;
  if (leftStep == 4) {
    let sum0 = f32x4.splat(0);
    let sum1 = sum0;
    let sum2 = sum0;
    let sum3 = sum0;
    for (; depth >= 16; depth -= 16) {
      sum0 = multiplyAdd(v128.load(left), v128.load(right), sum0);
      sum1 = multiplyAdd(v128.load(left, 16), v128.load(right, 16), sum1);
      sum2 = multiplyAdd(v128.load(left, 32), v128.load(right, 32), sum2);
      sum3 = multiplyAdd(v128.load(left, 48), v128.load(right, 48), sum3);
      left += 64;
      right += 64;
    }
    sum0 = f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3));
    total = f32x4.extract_lane(sum0, 0) + f32x4.extract_lane(sum0, 1);
    total += f32x4.extract_lane(sum0, 2) + f32x4.extract_lane(sum0, 3);
  }
  for (; depth > 0; depth--) {
    total += load<f32>(left) * load<f32>(right);
    left += leftStep;
    right += 4;
  }
  return total;
}

/** All rows of a block of columns of target[rows, columns] = left x right. */
export function thinMatmulBlock(tile: i32, workspace: usize, left: usize, right: usize, target: usize, bias: usize): void {
  const product = changetype<ThinProduct>(workspace);
  const rows = product.rows;
  const firstColumn = tile * product.columnsInBlock;
  const columns = min(product.columns - firstColumn, product.columnsInBlock);
  const sums = resultBlock(workspace);
  const rowBytes = <usize>(panelsOf(columns, 4) * 16);
  const offset = <usize>firstColumn * 4;
  if (product.rightIsTransposed) {
    const columnBytes = <usize>product.depth * 4;
    for (let column = 0; column < columns; column++) {
      const run = right + <usize>(firstColumn + column) * columnBytes;
      for (let row = 0; row < rows; row++) {
        const from = left + <usize>(row * product.leftRow) * 4;
        const sum = dotProduct(from, <usize>product.leftDepth * 4, run, product.depth);
        store<f32>(sums + <usize>row * rowBytes + <usize>(column * 4), sum);
      }
    }
  } else {
    sumSideBySideColumns(sums, rowBytes, product, left, right + offset, columns);
  }
  const targets = targetTable(workspace);
  for (let row = 0; row < rows; row++) {
    store<u32>(targets + <usize>(row * 4), <u32>(target + <usize>(row * product.columns) * 4 + offset));
  }
  storeBlock(sums, rowBytes, rows, columns, targets, bias == 0 ? 0 : bias + offset, product.rectifies != 0, false);
}
