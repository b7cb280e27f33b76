// Average-pooling: the mean of each window, over the window's size or over what it sees of the picture.
import type { AveragePoolAttributes } from "@tandem/core";
import type { KernelDefinition } from "../kernel.ts";
import { floatType, read, written } from "../shader/operands.ts";
import { indexFunctions, poolKernel, windowFunctions } from "./pooling-windows.ts";

export const averagePool2dKernel: KernelDefinition = poolKernel({
  operands: [read("input", 0), written("mean")],
  writes: "pooled",
  functions: (geometry) => `${indexFunctions(geometry)}\n${windowFunctions(geometry)}`,
  body({ width, window }, { attributes }) {
    const { countPadding } = attributes as AveragePoolAttributes;
    const seen = "f32((rows[1] - rows[0]) * (columns[1] - columns[0]))";
    return `  let rows = windowRows(row);
  let columns = windowColumns(column);
  var sum = ${floatType[width]}(0.0);
  for (var y = rows[0]; y < rows[1]; y++) {
    for (var x = columns[0]; x < columns[1]; x++) {
      sum += load_input(inputIndex(image, y, x, block));
    }
  }
  store_mean(position, sum / ${countPadding ? `${window[0] * window[1]}.0` : seen});`;
  },
});
