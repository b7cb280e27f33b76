// Max-pooling, its gradient, and the gradient's transpose. The first in row-major order of a window wins a tie; NaN is larger than
// any number; padding never wins.
import type { KernelDefinition } from "../kernel.ts";
import { boolType, floatType, read, type Width, written } from "../shader/operands.ts";
import {
  coveringFunctions,
  indexFunctions,
  type PoolGeometry,
  poolKernel,
  windowFunctions,
} from "./pooling-windows.ts";

/** Defines `isNan(value)`, by the bits: WGSL compilers may assume that there is no NaN. */
function isNanFunction({ width }: PoolGeometry): string {
  const words = { 1: "u32", 4: "vec4u" }[width];
  return `fn isNan(value: ${floatType[width]}) -> ${boolType[width]} {
  return (bitcast<${words}>(value) & ${words}(0x7fffffffu)) > ${words}(0x7f800000u);
}`;
}

/** Defines `wins(value, largest)`: whether a later element of a window takes the lead. */
function winsFunction({ width }: PoolGeometry): string {
  return `fn wins(value: ${floatType[width]}, largest: ${floatType[width]}) -> ${boolType[width]} {
  return !isNan(largest) & (isNan(value) | (value > largest));
}`;
}

function any(condition: string, width: Width): string {
  return width === 1 ? condition : `any(${condition})`;
}

function maximumFunctions(geometry: PoolGeometry): string {
  return [isNanFunction, winsFunction, indexFunctions, windowFunctions].map((define) => define(geometry)).join("\n");
}

/** Visits the window of the invocation's element: statements for its first element and for each one, at `index`. */
function overWindow(first: string, each: string): string {
  return `  let rows = windowRows(row);
  let columns = windowColumns(column);
  var index = inputIndex(image, rows[0], columns[0], block);
${first}
  for (var y = rows[0]; y < rows[1]; y++) {
    for (var x = columns[0]; x < columns[1]; x++) {
      index = inputIndex(image, y, x, block);
${each}
    }
  }`;
}

export const maxPool2dKernel: KernelDefinition = poolKernel({
  operands: [read("input", 0), written("maximum")],
  writes: "pooled",
  functions: maximumFunctions,
  body: () => `${overWindow(
    "  var largest = load_input(index);",
    `      let value = load_input(index);
      largest = select(largest, value, wins(value, largest));`,
  )}
  store_maximum(position, largest);`,
});

export const maxPool2dPickKernel: KernelDefinition = poolKernel({
  operands: [read("input", 0), read("values", 1), written("picked")],
  writes: "pooled",
  functions: maximumFunctions,
  body: ({ width }) => `${overWindow(
    `  var largest = load_input(index);
  var picked = load_values(index);`,
    `      let value = load_input(index);
      let leads = wins(value, largest);
      largest = select(largest, value, leads);
      if (${any("leads", width)}) { picked = select(picked, load_values(index), leads); }`,
  )}
  store_picked(position, picked);`,
});

/**
 * Defines `isSource(value, maximum, image, row, column, block, window)`: whether the maximum of a window came from the position
 * that holds `value`. It did where the two are the same and no element of the window before it is.
 */
function isSourceFunction({ width }: PoolGeometry): string {
  const [float, bool] = [floatType[width], boolType[width]];
  return `fn same(a: ${float}, b: ${float}) -> ${bool} {
  return (a == b) | (isNan(a) & isNan(b));
}

fn isSource(value: ${float}, maximum: ${float}, image: u32, row: u32, column: u32, block: u32, window: vec2u) -> ${bool} {
  var holds = same(value, maximum);
  if (!${any("holds", width)}) { return holds; }
  let rows = windowRows(window[0]);
  let columns = windowColumns(window[1]);
  for (var y = rows[0]; y <= row; y++) {
    let end = select(columns[1], column, y == row);
    for (var x = columns[0]; x < end; x++) {
      holds = holds & !same(load_input(inputIndex(image, y, x, block)), value);
    }
  }
  return holds;
}`;
}

/** Each position of the input looks at the windows that see it. */
export const maxPool2dGradientKernel: KernelDefinition = poolKernel({
  operands: [read("input", 0), read("pooled", 1), read("cotangent", 2), written("gradient")],
  writes: "input",
  functions: (geometry) =>
    [isNanFunction, indexFunctions, windowFunctions, coveringFunctions, isSourceFunction]
      .map((define) => define(geometry))
      .join("\n"),
  body: ({ width }) => `  let value = load_input(position);
  let rows = coveringRows(row);
  let columns = coveringColumns(column);
  var sum = ${floatType[width]}(0.0);
  for (var y = rows[0]; y <= rows[1]; y++) {
    for (var x = columns[0]; x <= columns[1]; x++) {
      let window = vec2u(vec2i(y, x));
      let index = pooledIndex(image, window[0], window[1], block);
      let holds = isSource(value, load_pooled(index), image, row, column, block, window);
      if (${any("holds", width)}) { sum += select(${floatType[width]}(0.0), load_cotangent(index), holds); }
    }
  }
  store_gradient(position, sum);`,
});
