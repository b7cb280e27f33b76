// Reading and adding at positions that are data. Both see their operands as [outer, indices or axis, inner].
import {
  elementCount,
  extent,
  type GatherAttributes,
  type Kernel,
  operand,
  type ScatterAddAttributes,
} from "@tandem/core";

/** An index out of range reads 0. */
export const gatherKernel: Kernel = (step, inputs, outputs) => {
  const { axis } = step.attributes as GatherAttributes;
  const [table, indices, output] = [operand(inputs, 0), operand(inputs, 1), operand(outputs, 0)];
  const { shape } = operand(step.inputs, 0).type;
  const [outer, size, inner] = [
    elementCount(shape.slice(0, axis)),
    extent(shape, axis),
    elementCount(shape.slice(axis + 1)),
  ];
  output.fill(0);
  for (let block = 0; block < outer; block++) {
    for (let entry = 0; entry < indices.length; entry++) {
      const index = indices[entry] as number;
      if (index < 0 || index >= size) continue;
      const from = (block * size + index) * inner;
      output.set(table.subarray(from, from + inner), (block * indices.length + entry) * inner);
    }
  }
};

/** An index out of range adds nothing. */
export const scatterAddKernel: Kernel = (step, inputs, outputs) => {
  const { axis, size } = step.attributes as ScatterAddAttributes;
  const [indices, updates, output] = [operand(inputs, 0), operand(inputs, 1), operand(outputs, 0)];
  const { shape } = operand(step.outputs, 0).type;
  const [outer, inner] = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis + 1))];
  const sums = new Float64Array(output.length);
  for (let block = 0; block < outer; block++) {
    for (let entry = 0; entry < indices.length; entry++) {
      const index = indices[entry] as number;
      if (index < 0 || index >= size) continue;
      const from = (block * indices.length + entry) * inner;
      const to = (block * size + index) * inner;
      for (let element = 0; element < inner; element++) {
        sums[to + element] = (sums[to + element] as number) + (updates[from + element] as number);
      }
    }
  }
  output.set(sums);
};
