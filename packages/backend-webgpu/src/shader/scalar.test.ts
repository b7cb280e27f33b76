// How accurate scalar functions are on software adapters, and what they are at the edges of f32.
import { type Scalar, scalarProgram } from "@tandem/core";
import { beforeAll, describe, expect, test } from "vitest";
import { describeOnAdapters } from "../adapter/test-adapters.test-support.ts";
import { value } from "../against-reference.test-support.ts";
import { leastCapabilities } from "../capabilities.ts";
import { mapKernel } from "../kernels/map.ts";
import { openTestDevice, runKernel, stepOf } from "../run-kernel.test-support.ts";

const SMALLEST_NORMAL = 2 ** -126;

/** The distance between the f32 around a number, which is what an error of one unit in the last place means. */
function unitAt(number: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(number)))) - 23);
}

/** Every 65521st f32, of either sign, without those so small that adapters may take them for 0. */
const everywhere: Float32Array = new Float32Array(
  Uint32Array.from({ length: 65536 }, (_, index) => index * 65521).buffer,
).filter((number) => Number.isFinite(number) && Math.abs(number) >= SMALLEST_NORMAL);
/** Evenly from -20 to 20, where functions of e^x vary. */
const near: Float32Array = Float32Array.from({ length: 40_000 }, (_, index) => (index - 20_000) / 1000);
/** Evenly from 0.001 to 40. */
const positive: Float32Array = Float32Array.from({ length: 40_000 }, (_, index) => (index + 1) / 1000);
/** Evenly from -500 to 500. */
const angles: Float32Array = Float32Array.from({ length: 40_000 }, (_, index) => (index - 20_000) / 40);

const edges: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  88,
  89,
  -100,
  -110,
  1000,
  -1000,
  3.4e38,
  -3.4e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

type Unary = (x: Scalar) => Scalar;

describeOnAdapters("scalar functions", (adapter) => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openTestDevice(adapter);
  });

  async function mapped(points: ArrayLike<number>, body: Unary): Promise<ArrayLike<number>> {
    const program = scalarProgram(["f32"], ([x]) => (x === undefined ? [] : [body(x)]));
    const { type, data } = value("f32", [points.length], Array.from(points));
    const step = stepOf("map", [type], [type], { body: program, shape: type.shape });
    const [result = []] = await runKernel(device, mapKernel, step, leastCapabilities, [data]);
    return result;
  }

  describe("errors stay below a number of units in the last place", () => {
    test.each<{
      name: string;
      points: readonly Float32Array[];
      body: Unary;
      exact: (x: number) => number;
      bound: number;
    }>([
      { name: "exp", points: [everywhere, near], body: (x) => x.exp(), exact: Math.exp, bound: 1.5 },
      { name: "log", points: [everywhere, positive], body: (x) => x.log(), exact: Math.log, bound: 1.5 },
      { name: "tanh", points: [everywhere, near], body: (x) => x.tanh(), exact: Math.tanh, bound: 2 },
      {
        name: "sigmoid",
        points: [everywhere, near],
        body: (x) => x.sigmoid(),
        exact: (x) => 1 / (1 + Math.exp(-x)),
        bound: 4,
      },
      { name: "sqrt", points: [everywhere, positive], body: (x) => x.sqrt(), exact: Math.sqrt, bound: 1 },
      {
        name: "rsqrt",
        points: [everywhere, positive],
        body: (x) => x.rsqrt(),
        exact: (x) => 1 / Math.sqrt(x),
        bound: 2,
      },
      {
        name: "reciprocal",
        points: [everywhere, near],
        body: (x) => x.literal(1).div(x),
        exact: (x) => 1 / x,
        bound: 1,
      },
      { name: "pow(x, -0.75)", points: [positive], body: (x) => x.pow(-0.75), exact: (x) => x ** -0.75, bound: 4 },
      {
        name: "pow(x, 3.1)",
        points: [positive],
        body: (x) => x.pow(3.1),
        exact: (x) => x ** Math.fround(3.1),
        bound: 16,
      },
      {
        name: "pow(0.3, x)",
        points: [near],
        body: (x) => x.literal(0.3).pow(x),
        exact: (x) => Math.fround(0.3) ** x,
        bound: 48,
      },
    ])("$name: $bound", async ({ points, body, exact, bound }) => {
      for (const each of points) {
        const results = await mapped(each, body);
        let worst = { units: 0, at: 0, have: 0 };
        for (const [index, at] of each.entries()) {
          const [want, have] = [exact(at), results[index] ?? Number.NaN];
          const rounded = Math.fround(want);
          // An adapter may take what is smaller for 0.
          if (Math.abs(want) < SMALLEST_NORMAL && Math.abs(have) <= SMALLEST_NORMAL) continue;
          const units = Number.isFinite(rounded)
            ? Math.abs(have - want) / unitAt(want)
            : Object.is(have, rounded)
              ? 0
              : Number.POSITIVE_INFINITY;
          if (!(units <= worst.units)) worst = { units, at, have };
        }
        expect(worst.units, `at ${worst.at}, where it is ${worst.have}`).toBeLessThan(bound);
      }
    });
  });

  test.each<{ name: string; body: Unary; exact: (x: number) => number }>([
    { name: "sin", body: (x) => x.sin(), exact: Math.sin },
    { name: "cos", body: (x) => x.cos(), exact: Math.cos },
  ])("$name is right to 2^-22 from -500 to 500", async ({ body, exact }) => {
    const results = await mapped(angles, body);
    const errors = Array.from(angles, (angle, index) => Math.abs((results[index] ?? Number.NaN) - exact(angle)));
    expect(Math.max(...errors)).toBeLessThan(2 ** -22);
  });

  describe("zeros, infinities and NaN are what the reference says", () => {
    test.each<{ name: string; body: Unary; exact: (x: number) => number }>([
      { name: "exp", body: (x) => x.exp(), exact: Math.exp },
      { name: "log", body: (x) => x.log(), exact: Math.log },
      { name: "tanh", body: (x) => x.tanh(), exact: Math.tanh },
      { name: "sigmoid", body: (x) => x.sigmoid(), exact: (x) => 1 / (1 + Math.exp(-x)) },
      { name: "sqrt", body: (x) => x.sqrt(), exact: Math.sqrt },
      { name: "rsqrt", body: (x) => x.rsqrt(), exact: (x) => 1 / Math.sqrt(x) },
      { name: "relu", body: (x) => x.relu(), exact: (x) => Math.max(x, 0) },
      { name: "abs", body: (x) => x.abs(), exact: Math.abs },
      { name: "neg", body: (x) => x.neg(), exact: (x) => -x },
      { name: "floor", body: (x) => x.floor(), exact: Math.floor },
      { name: "max(x, 0.5)", body: (x) => x.max(0.5), exact: (x) => Math.max(x, 0.5) },
      { name: "max(0.5, x)", body: (x) => x.literal(0.5).max(x), exact: (x) => Math.max(x, 0.5) },
      { name: "min(x, 0.5)", body: (x) => x.min(0.5), exact: (x) => Math.min(x, 0.5) },
      {
        name: "x + infinity",
        body: (x) => x.add(Number.POSITIVE_INFINITY),
        exact: (x) => x + Number.POSITIVE_INFINITY,
      },
      { name: "1 / x", body: (x) => x.literal(1).div(x), exact: (x) => 1 / x },
      { name: "x = x", body: (x) => x.eq(x.mul(1)).cast("f32"), exact: (x) => (Number.isNaN(x) ? 0 : 1) },
      { name: "x != 1", body: (x) => x.ne(1).cast("f32"), exact: (x) => (x !== 1 ? 1 : 0) },
      { name: "x >= 0.5", body: (x) => x.ge(0.5).cast("f32"), exact: (x) => (x >= 0.5 ? 1 : 0) },
      { name: "as bool", body: (x) => x.cast("bool").cast("f32"), exact: (x) => (x === 0 ? 0 : 1) },
      { name: "as u32", body: (x) => x.cast("u32").cast("f32"), exact: (x) => Math.fround(Math.trunc(x) >>> 0) },
      { name: "as i32", body: (x) => x.cast("i32").cast("f32"), exact: (x) => Math.fround(Math.trunc(x) | 0) },
      { name: "pow(x, 0)", body: (x) => x.pow(x.abs().min(0)), exact: (x) => (Number.isNaN(x) ? x : 1) },
      { name: "pow(x, 3)", body: (x) => x.pow(3), exact: (x) => x ** 3 },
      { name: "pow(x, -2)", body: (x) => x.pow(-2), exact: (x) => x ** -2 },
      { name: "pow(x, 5)", body: (x) => x.pow(5), exact: (x) => x ** 5 },
      { name: "pow(x, 0.3)", body: (x) => x.pow(0.3), exact: (x) => x ** 0.3 },
    ])("$name", async ({ body, exact }) => {
      const results = await mapped(edges, body);
      const numbers = edges.map((edge) => Math.fround(edge));
      for (const [index, at] of numbers.entries()) {
        const [want, have] = [Math.fround(exact(at)), results[index] ?? 0];
        if (Number.isFinite(want) && want !== 0) {
          expect(Math.abs(have - want), `at ${at}: ${have}, not ${want}`).toBeLessThanOrEqual(
            Math.max(2 ** -126, 1e-5 * Math.abs(want)),
          );
        } else {
          expect(have + 0, `at ${at}`).toBe(want + 0);
        }
      }
    });
  });
});
