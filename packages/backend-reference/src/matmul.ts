// Batched matrix multiplication, a row of results at a time.
import { elementCount, type Kernel, type MatmulAttributes, matmulSizes, operand } from "@tandem/core";
import { resultStore } from "./epilogue.ts";

export const matmulKernel: Kernel = (step, inputs, outputs) => {
  const attributes = step.attributes as MatmulAttributes;
  const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
  const { batch, m, k, n } = matmulSizes(operand(step.inputs, 0).type, operand(step.inputs, 1).type, attributes);
  const [aRow, aColumn] = attributes.transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = attributes.transposeB ? [1, k] : [n, 1];
  const store = resultStore(step, inputs, operand(outputs, 0));
  const sums = new Float64Array(n);
  for (let matrix = 0; matrix < elementCount(batch); matrix++) {
    for (let row = 0; row < m; row++) {
      sums.fill(0);
      for (let inner = 0; inner < k; inner++) {
        const factor = a[matrix * m * k + row * aRow + inner * aColumn] as number;
        const bStart = matrix * k * n + inner * bRow;
        for (let column = 0; column < n; column++) {
          sums[column] = (sums[column] as number) + factor * (b[bStart + column * bColumn] as number);
        }
      }
      for (let column = 0; column < n; column++) store(sums[column] as number);
    }
  }
};
