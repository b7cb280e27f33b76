// Gradients, first and second: on the reference in float64 against finite differences, on every backend against the reference.
import { type DeviceGroup, type HostTensor, hostTensor } from "@tandem/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPair, openTruth, testedBackends } from "./backends.ts";
import type { ConformanceCase } from "./case.ts";
import { allCases } from "./cases/index.ts";
import { difference } from "./compare.ts";
import { compileGradients, draws, type GradientProgram, type Order } from "./gradients.ts";
import type { HostTensors } from "./run.ts";

const differentiable = allCases.filter((testCase) => testCase.differentiable.length > 0);
const checks = [
  { order: 1 as Order, label: "first order", cases: differentiable },
  { order: 2 as Order, label: "second order", cases: differentiable.filter((testCase) => testCase.secondOrder) },
];

let truth: DeviceGroup;
beforeAll(async () => {
  truth = await openTruth();
});
afterAll(() => truth[Symbol.asyncDispose]());

const known = new Map<string, Promise<HostTensors>>();

/** The gradients on the reference in float64, computed once. */
function trueGradients(testCase: ConformanceCase, order: Order): Promise<HostTensors> {
  const compute = async (): Promise<HostTensors> => {
    await using program = await compileGradients(truth, testCase, "f64", order);
    return (await program.run(program.parameters)).gradients;
  };
  const key = `${order} ${testCase.name}`;
  const gradients = known.get(key) ?? compute();
  known.set(key, gradients);
  return gradients;
}

const entries = (tensors: HostTensors): readonly (readonly [string, HostTensor])[] => Object.entries(tensors);

/** Slope of the program's value along `direction`, by central differences. */
async function finiteDifference(program: GradientProgram, direction: HostTensors): Promise<number> {
  const step = 1e-5;
  const valueAt = async (sign: number): Promise<number> => {
    const moved = entries(program.parameters).map(([name, { dtype, shape, data }]) => {
      const elements = Array.from(
        data,
        (element, index) => element + sign * step * (direction[name]?.data[index] ?? 0),
      );
      return [name, hostTensor(dtype, shape, elements)] as const;
    });
    return (await program.run(Object.fromEntries(moved))).value;
  };
  return ((await valueAt(1)) - (await valueAt(-1))) / (2 * step);
}

describe.each(checks)("$label, against finite differences in float64", ({ order, cases }) => {
  test.each(cases)("$name", async (testCase) => {
    await using program = await compileGradients(truth, testCase, "f64", order);
    const { gradients } = await program.run(program.parameters);
    for (let probe = 0; probe < 3; probe++) {
      const direction = Object.fromEntries(
        entries(gradients).map(([name, { shape }]) => [
          name,
          draws(`${testCase.name}/probe ${probe}/${name}`, shape, "f64"),
        ]),
      );
      const products = entries(gradients).flatMap(([name, { data }]) =>
        Array.from(data, (element, index) => element * (direction[name]?.data[index] ?? 0)),
      );
      const slope = products.reduce((sum, product) => sum + product, 0);
      const scale = Math.sqrt(products.reduce((sum, product) => sum + product ** 2, 0));
      const measured = await finiteDifference(program, direction);
      expect(Math.abs(measured - slope)).toBeLessThanOrEqual(1e-6 * scale + 1e-8);
    }
  });
});

describe.each(testedBackends)("$name", (tested) => {
  let devices: DeviceGroup;
  beforeAll(async () => {
    devices = await openPair(tested);
  });
  afterAll(() => devices[Symbol.asyncDispose]());

  describe.each(checks)("$label, against the reference", ({ order, cases }) => {
    test.each(cases)("$name", async (testCase) => {
      await using program = await compileGradients(devices, testCase, "f32", order);
      const { gradients } = await program.run(program.parameters);
      for (const [name, want] of entries(await trueGradients(testCase, order))) {
        const have = gradients[name];
        expect(have && difference(have, want), name).toBeLessThanOrEqual(2 * testCase.tolerance);
      }
    });
  });
});
