// The product of pixels under a filter's taps and something over the output's channels, which convolution and its filter's gradient
// are: the one sums over taps, the other over positions.
import type { ConvolutionAttributes, Shape } from "@tandem/core";
import type { StepShape } from "../kernel.ts";
import { matrixLoader } from "../tiles/matrix-loader.ts";
import { operandMemory } from "../tiles/operand-memory.ts";
import { pictureLoader, tapRun } from "../tiles/picture-loader.ts";
import type { Product } from "../tiles/product.ts";
import { runExtent, wholeRun } from "../tiles/run.ts";
import { convolutionGeometry, inputWindows } from "./convolution-geometry.ts";

/** Input 0 of the step are the pictures; input 1 and the output are [positions or taps, outChannels], whichever is not summed. */
export function tapsProduct(
  step: StepShape,
  { inputNhwc, filterHwio, outputNhwc }: { readonly [name in "inputNhwc" | "filterHwio" | "outputNhwc"]: Shape },
  attributes: ConvolutionAttributes,
  summed: "taps" | "positions",
): Product {
  const geometry = convolutionGeometry(inputNhwc, filterHwio, outputNhwc, attributes);
  const { images, outHeight, outWidth, outChannels, groups, groupOut } = geometry;
  const windows = inputWindows(geometry, attributes);
  const [a, b] = [operandMemory(step, "a", 0), operandMemory(step, "b", 1)];
  const [taps, positions] = [tapRun(windows), wholeRun(images * outHeight * outWidth)];
  const [rows, depths] = summed === "taps" ? [positions, taps] : [taps, positions];
  return {
    step,
    element: a.element,
    matrices: groups,
    rows: runExtent(rows),
    columns: groupOut,
    depth: runExtent(depths),
    a: pictureLoader({ ...a, windows, positions: summed === "taps" ? "span" : "depth" }),
    b: matrixLoader({
      ...b,
      spans: groupOut,
      depths,
      spanStride: 1,
      depthStride: outChannels,
      matrixStride: groupOut,
    }),
    result: { rows: { kind: "matrix", stride: outChannels, run: rows }, matrixStride: groupOut },
  };
}
