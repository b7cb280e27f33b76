import { type Scalar, scalarProgram } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { runKernel1, value } from "../kernels/run-kernel.test-support.ts";

const SMALLEST = 2 ** -149;

/** The distance between the f32 around a number, which is what an error of one unit in the last place means. */
function unitAt(number: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(number)));
  return Math.max(SMALLEST, 2 ** (exponent - 23));
}

/** Every 4099th f32, of either sign: 2 million numbers from 0 to infinity. */
const everywhere: Float32Array = (() => {
  const words = Uint32Array.from({ length: 2 ** 20 }, (_, index) => index * 4099);
  return new Float32Array(words.buffer).filter(Number.isFinite);
})();
/** Evenly from -20 to 20, where functions of e^x vary. */
const near: Float32Array = Float32Array.from({ length: 400_000 }, (_, index) => (index - 200_000) / 10_000);

function mapped(points: ArrayLike<number>, body: (x: Scalar) => Scalar): ArrayLike<number> {
  const program = scalarProgram(["f32"], ([x]) => (x === undefined ? [] : [body(x)]));
  const shape = [points.length];
  return runKernel1("map", [value("f32", shape, Array.from(points))], { body: program, shape }).data;
}

/** The largest error in units in the last place, and where it is. Results that are not finite have to be what they should be. */
function largestError(points: Float32Array, body: (x: Scalar) => Scalar, exact: (x: number) => number) {
  const results = mapped(points, body);
  let worst = { units: 0, at: 0 };
  for (let index = 0; index < points.length; index++) {
    const [at, have] = [points[index] ?? 0, results[index] ?? 0];
    const want = exact(at);
    const rounded = Math.fround(want);
    const units = Number.isFinite(rounded)
      ? Math.abs(have - want) / unitAt(want === 0 ? SMALLEST : want)
      : Object.is(have, rounded)
        ? 0
        : Number.POSITIVE_INFINITY;
    if (units > worst.units || Number.isNaN(units)) worst = { units, at };
  }
  return worst;
}

describe("errors stay below a number of units in the last place, in a sweep of all f32", () => {
  test.each<{ name: string; body: (x: Scalar) => Scalar; exact: (x: number) => number; bound: number }>([
    { name: "exp", body: (x) => x.exp(), exact: Math.exp, bound: 1 },
    { name: "log", body: (x) => x.log(), exact: Math.log, bound: 0.8 },
    { name: "tanh", body: (x) => x.tanh(), exact: Math.tanh, bound: 1.25 },
    { name: "sigmoid", body: (x) => x.sigmoid(), exact: (x) => 1 / (1 + Math.exp(-x)), bound: 2.3 },
  ])("$name: $bound", ({ body, exact, bound }) => {
    for (const points of [everywhere, near]) {
      const { units, at } = largestError(points, body, exact);
      expect(units, `at ${at}`).toBeLessThan(bound);
    }
  });
});
