// PyTorch's ops with their gradients, on every backend.
import { DeviceGroup, evaluate, type HostTensor, isFloat, type Tensor, valueAndGrad } from "@tandem/core";
import { testedBackends } from "@tandem/test-conformance/backends";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { difference, TOLERANCE } from "./difference.ts";
import { goldenOps } from "./ops.ts";
import { type GoldenCase, readOpCases } from "./read.ts";

const cases = readOpCases();

type Named<T> = { readonly [name: string]: T };

/** Output and gradients, by position of the input, of the case at its inputs and cotangent. */
async function compute(devices: DeviceGroup, { op, attributes, inputs, cotangent }: GoldenCase) {
  const named = (select: (input: HostTensor) => boolean): Named<HostTensor> =>
    Object.fromEntries(inputs.flatMap((input, index) => (select(input) ? [[`${index}`, input]] : [])));
  const contracted = (floats: Named<Tensor>, rest: Named<Tensor>, weights: Tensor) => {
    const operands = inputs.map((_, index) => floats[index] ?? rest[index]);
    const [a = weights, b = weights, c = weights] = operands;
    const output = goldenOps[op]?.(a, b, c, attributes);
    if (output === undefined) throw new RangeError(`${op} is not written in Tandem here`);
    return { value: output.mul(weights).sum(), aux: { output } };
  };
  return evaluate(
    ({ floats, rest, weights }: { floats: Named<Tensor>; rest: Named<Tensor>; weights: Tensor }) => {
      const { gradients, aux } = valueAndGrad(contracted)(floats, rest, weights);
      return { output: aux.output, gradients };
    },
    {
      floats: named(({ dtype }) => isFloat(dtype)),
      rest: named(({ dtype }) => !isFloat(dtype)),
      weights: cotangent,
    },
    { devices },
  );
}

test("there are 56 cases", () => {
  expect(cases).toHaveLength(56);
});

describe.each(testedBackends)("$name", ({ open }) => {
  let devices: DeviceGroup;
  beforeAll(async () => {
    devices = new DeviceGroup(await open({ count: 1 }));
  });
  afterAll(() => devices[Symbol.asyncDispose]());

  test.each(cases)("$name", async (golden) => {
    const { output, gradients } = await compute(devices, golden);
    expect(difference(output, golden.output)).toBeLessThanOrEqual(TOLERANCE);
    for (const [index, expected] of golden.gradients.entries()) {
      if (expected === undefined) continue;
      const found = gradients[index];
      expect(found && difference(found, expected), `gradient of input ${index}`).toBeLessThanOrEqual(TOLERANCE);
    }
  });
});
