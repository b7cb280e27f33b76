// Random shapes and attributes, with small whole numbers whose sums are exact in float32: results and gradients on every backend
// are the reference's, and the reference's gradients are adjoints.
import { referenceBackend } from "@tandem/backend-reference";
import * as t from "@tandem/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPair, openTruth, testedBackends } from "./backends.ts";
import type { Tensors } from "./case.ts";
import { difference } from "./compare.ts";
import type { HostTensors } from "./run.ts";

/** A function with its inputs, drawn together. */
interface Drawn {
  readonly inputs: HostTensors;
  readonly compute: (tensors: Tensors) => t.Tensor;
  readonly label: string;
}

const pairs = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const sides = fc.tuple(pairs(0, 2), pairs(0, 2));

/** Whole numbers from -4 to 4, few enough for ties. */
function numbers(shape: t.Shape): fc.Arbitrary<t.HostTensor> {
  const count = t.elementCount(shape);
  return fc
    .array(fc.integer({ min: -4, max: 4 }), { minLength: count, maxLength: count })
    .map((elements) => t.hostTensor("f32", shape, elements));
}

/** Draws inputs for a function of the tensors `a` and `b`; nothing where the function refuses their shapes. */
function drawn(
  label: string,
  shapes: readonly t.Shape[],
  compute: (a: t.Tensor, b: t.Tensor) => t.Tensor,
): fc.Arbitrary<Drawn> {
  const call = (tensors: Tensors): t.Tensor =>
    compute(t.operand(Object.values(tensors), 0), t.operand(Object.values(tensors), shapes.length - 1));
  return fc.tuple(...shapes.map(numbers)).map((values) => ({
    inputs: Object.fromEntries(values.map((value, index) => ["ab"[index] ?? "", value])),
    compute: call,
    label: `${label} of ${shapes.map(t.formatShape).join(" and ")}`,
  }));
}

function isAccepted({ inputs, compute }: Drawn): boolean {
  try {
    t.trace(
      (tensors: Tensors) => ({ result: compute(tensors) }),
      Object.fromEntries(Object.entries(inputs).map(([name, { dtype, shape }]) => [name, t.spec(dtype, shape)])),
    );
    return true;
  } catch (error) {
    if (error instanceof t.ShapeError) return false;
    throw error;
  }
}

const convolutions = fc
  .record({
    size: pairs(1, 7),
    window: pairs(1, 3),
    strides: pairs(1, 3),
    dilations: pairs(1, 2),
    padding: sides,
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    channels: pairs(1, 5),
  })
  .chain(({ size, window, batch, groups, channels, ...geometry }) =>
    drawn(
      `conv2d ${JSON.stringify({ ...geometry, groups })}`,
      [
        [batch, ...size, channels[0] * groups],
        [...window, channels[0], channels[1] * groups],
      ],
      (x, filter) => x.conv2d(filter, { ...geometry, groups }),
    ),
  );

const poolings = fc
  .record({
    size: pairs(1, 7),
    window: pairs(1, 3),
    strides: pairs(1, 3),
    padding: sides,
    batch: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ size, batch, channels, ...options }) =>
    drawn(`maxPool2d ${JSON.stringify(options)}`, [[batch, ...size, channels]], (x) => x.maxPool2d(options)),
  );

const products = fc
  .record({
    m: fc.integer({ min: 1, max: 9 }),
    k: fc.integer({ min: 1, max: 9 }),
    n: fc.integer({ min: 1, max: 9 }),
    batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .chain(({ m, k, n, batch, ...options }) =>
    drawn(
      `matmul ${JSON.stringify(options)}`,
      [
        [...batch, ...(options.transposeA ? [k, m] : [m, k])],
        [...batch, ...(options.transposeB ? [n, k] : [k, n])],
      ],
      (a, b) => a.matmul(b, options),
    ),
  );

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

const reductions = fc
  .tuple(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.constantFrom("sum", "max", "min"))
  .chain(([shape, chosen, kind]) => {
    const axes = [...shape.keys()].filter((axis) => chosen[axis]);
    return drawn(`${kind} over [${axes}]`, [shape], (x) => x[kind](axes).mul(2));
  });

/** A permutation, a slice, padding and a reversal, one after the other. */
const movements = shapes
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      permutation: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      starts: fc.array(fc.nat({ max: 2 }), { minLength: 4, maxLength: 4 }),
      steps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
      amounts: fc.array(fc.nat({ max: 2 }), { minLength: 12, maxLength: 12 }),
    }),
  )
  .chain(({ shape, permutation, starts, steps, amounts }) => {
    const { length: rank } = shape;
    const [before, after, interior] = [0, 4, 8].map((from) => amounts.slice(from, from + rank));
    return drawn(
      `transpose [${permutation}], slice [${starts}] by [${steps}], pad [${amounts}], flip`,
      [shape],
      (x) => {
        const turned = x.transpose(permutation);
        const first = turned.shape.map((size, axis) => Math.min(starts[axis] ?? 0, size - 1));
        const cut = turned.slice(first, turned.shape, steps.slice(0, rank));
        return t.pad(cut, { before: before ?? [], after: after ?? [], interior: interior ?? [] }).flip(rank - 1);
      },
    );
  });

const joins = fc.tuple(shapes, fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 })).chain(([shape, position, size]) => {
  const axis = position % shape.length;
  return drawn(`concatenate along ${axis}`, [shape, shape.with(axis, size)], (a, b) => t.concatenate([a, b, a], axis));
});

const elementwise = fc
  .tuple(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat({ max: 3 }))
  .chain(([shape, repeated, dropped]) => {
    const other = shape.map((size, axis) => (repeated[axis] ? 1 : size)).slice(Math.min(dropped, shape.length));
    return drawn("broadcast arithmetic", [shape, other], (a, b) =>
      a.mul(b).add(a.greater(b).where(a, b)).sub(b.maximum(0)),
    );
  });

const drawings: readonly (readonly [name: string, arbitrary: fc.Arbitrary<Drawn>])[] = [
  ["convolutions", convolutions],
  ["max-poolings", poolings],
  ["products", products],
  ["reductions", reductions],
  ["movements", movements],
  ["concatenations", joins],
  ["broadcasts", elementwise],
];

/** The result for cotangents that are whole numbers too, and the gradients. */
async function resultsOn(devices: t.DeviceGroup, { inputs, compute }: Drawn): Promise<HostTensors> {
  const contracted = (tensors: Tensors) => {
    const result = compute(tensors);
    const positions = t.indices([t.elementCount(result.shape)], 0, { dtype: "f32" }).reshape(result.shape);
    const cotangent = positions.sub(positions.mul(0.2).cast("i32").cast("f32").mul(5)).sub(2);
    return { value: result.mul(cotangent).sum(), aux: { result } };
  };
  return t.evaluate(
    ({ tensors }: { tensors: Tensors }) => {
      const { value, aux, gradients } = t.valueAndGrad(contracted)(tensors);
      return {
        value,
        ...aux,
        ...Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`gradient ${name}`, gradient])),
      };
    },
    { tensors: inputs },
    { devices },
  );
}

describe.each(testedBackends.filter(({ backend }) => backend !== referenceBackend))("$name", (tested) => {
  let devices: t.DeviceGroup;
  let truth: t.DeviceGroup;
  beforeAll(async () => {
    [devices, truth] = [await openPair(tested), await openTruth()];
  });
  afterAll(async () => {
    await devices[Symbol.asyncDispose]();
    await truth[Symbol.asyncDispose]();
  });

  test.each(drawings)("%s", async (_, arbitrary) => {
    await fc.assert(
      fc.asyncProperty(arbitrary.filter(isAccepted), async (sample) => {
        const [found, expected] = [await resultsOn(devices, sample), await resultsOn(truth, sample)];
        for (const [name, want] of Object.entries(expected)) {
          const have = found[name];
          expect(have && difference(have, want), `${name} of ${sample.label}`).toBeLessThanOrEqual(1e-6);
        }
      }),
      { numRuns: tested.samples },
    );
  });
});

test.each([
  ["convolutions", convolutions],
  ["products", products],
] as const)(
  "gradients of %s are adjoints: the result contracted with its cotangent is each input contracted with its gradient",
  async (_, arbitrary) => {
    const truth = await openTruth();
    await fc.assert(
      fc.asyncProperty(arbitrary.filter(isAccepted), async (sample) => {
        const { value, ...rest } = await resultsOn(truth, sample);
        for (const [name, { data }] of Object.entries(sample.inputs)) {
          const gradient = rest[`gradient ${name}`]?.data;
          const products = Array.from(data, (element, index) => element * (gradient?.[index] ?? 0));
          const contracted = products.reduce((sum, product) => sum + product, 0);
          expect(contracted, `${name} of ${sample.label}`).toBe(value?.data[0]);
        }
      }),
      { numRuns: 60 },
    );
  },
);
