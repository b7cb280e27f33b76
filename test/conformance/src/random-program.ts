// Random functions over tensors, for testing the laws of the passes: any recipe builds a valid trace on two devices.
import * as t from "@tandem/core";
import fc from "fast-check";

const devices = [t.logicalDevice(0), t.logicalDevice(1)] as const;

/** What every random function is given. State p and q is donated; r is state that is only read. */
export const specs: Readonly<Record<"p" | "q" | "r" | "x" | "y" | "scale" | "at" | "seed" | "step", t.TensorType>> = {
  p: t.spec("f32", [3, 4]),
  q: t.spec("f32", [3, 4]),
  r: t.spec("f32", [4], devices[1]),
  x: t.spec("f32", [2, 3, 4]),
  y: t.spec("f32", [4], devices[1]),
  scale: t.spec("f32", []),
  at: t.spec("i32", [5]),
  seed: t.spec("u32", []),
  step: t.spec("u32", []),
};
export const stateNames: readonly ["p", "q", "r"] = ["p", "q", "r"];
export const donatedNames: readonly ["p", "q"] = ["p", "q"];

type Inputs = t.TensorsOf<typeof specs>;
/** Adds values made from two earlier ones; `knob` chooses among variants. */
type Action = (a: t.Tensor, b: t.Tensor, knob: number, inputs: Inputs) => readonly t.Tensor[];

const pick = <T>(list: readonly T[], index: number): T => t.operand(list, index % list.length);
const rank = (x: t.Tensor): number => x.shape.length;
const asMatrix = (x: t.Tensor): t.Tensor => (rank(x) === 0 ? x.reshape([1, 1]) : x.reshape([x.shape[0] ?? 1, -1]));
const asPicture = (x: t.Tensor): t.Tensor => {
  const [rows = 1, columns = 1] = asMatrix(x).shape;
  return x.reshape([1, rows, columns, 1]);
};
/** b beside a: on its device, in a shape that broadcasts to a's. */
function beside(a: t.Tensor, b: t.Tensor): t.Tensor {
  const near = b.to(a.device);
  const together = t.broadcastShapes([a.shape, near.shape]);
  return together !== undefined && t.sameShape(together, a.shape) ? near : near.mean();
}

const unary: readonly ((x: t.Tensor) => t.Tensor)[] = [
  (x) => x.relu(),
  (x) => x.tanh(),
  (x) => x.neg(),
  (x) => x.sigmoid(),
  (x) => x.clamp(-0.5, 0.5),
  (x) => x.mul(0.5).add(1),
  (x) => x.cast("i32").cast("f32"),
  (x) => t.stopGradient(x),
];
const binary: readonly ((a: t.Tensor, b: t.Tensor) => t.Tensor)[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b),
  (a, b) => b.sub(a),
  (a, b) => a.maximum(b),
  (a, b) => a.greater(b).where(a, b),
];

const actions: Readonly<Record<string, Action>> = {
  unary: (a, _b, knob) => [pick(unary, knob)(a)],
  binary: (a, b, knob) => [pick(binary, knob)(a, beside(a, b))],
  constant: (a, _b, knob) => [a.mul(t.full(a.shape, knob / 8, { device: a.device }))],
  positions: (a, _b, knob) =>
    rank(a) === 0 ? [] : [a.add(t.indices(a.shape, knob % rank(a), { dtype: "f32", device: a.device }))],
  reduce: (a, _b, knob) => {
    if (rank(a) === 0) return [];
    const options = { keepDimensions: knob % 2 === 0 };
    const reduce = pick([t.sum, t.max, t.mean, t.min], knob);
    return [reduce(a, knob % rank(a), options)];
  },
  reshape: (a, _b, knob) => [pick([a.reshape([-1]), a.reshape([1, ...a.shape, 1]), asMatrix(a)], knob)],
  transpose: (a, _b, knob) => {
    const axes = [...a.shape.keys()];
    const shift = knob % Math.max(1, rank(a));
    const rotated = a.transpose([...axes.slice(shift), ...axes.slice(0, shift)]);
    return [rotated, rotated.transpose()];
  },
  slice: (a, _b, knob) =>
    rank(a) === 0 ? [] : [a.sliceAxis(knob % rank(a), 0, a.shape[knob % rank(a)] ?? 1, 1 + (knob % 2))],
  pad: (a, _b, knob) => [t.pad(a, { before: a.shape.map(() => knob % 2), after: a.shape.map((_, axis) => axis % 2) })],
  flip: (a, _b, knob) => (rank(a) === 0 ? [] : [a.flip(knob % rank(a))]),
  concatenate: (a, b) => {
    const other = b.to(a.device);
    return rank(a) === 0 ? [] : [t.concatenate(t.sameShape(a.shape, other.shape) ? [a, other] : [a, a.neg()], 0)];
  },
  matmul: (a, b, knob) => {
    const matrix = asMatrix(a);
    const product =
      knob % 2 === 0 ? matrix.matmul(matrix, { transposeB: true }) : matrix.matmul(matrix, { transposeA: true });
    return [product.mul(0.1).add(b.to(a.device).mean()).relu()];
  },
  convolution: (a, b, knob) => {
    const filter = t.full([1, 2, 1, 3], 0.25, { device: a.device });
    const convolved = asPicture(a).conv2d(filter, { padding: 1, strides: 1 + (knob % 2) });
    return [knob % 3 === 0 ? convolved : convolved.add(beside(convolved, b)).relu()];
  },
  maxPool: (a) => [
    asPicture(a).maxPool2d({
      window: [1, 2],
      strides: 1,
      padding: [
        [0, 0],
        [0, 1],
      ],
    }),
  ],
  averagePool: (a) => [t.averagePool2d(asPicture(a), { window: 1 })],
  softmax: (a) => (rank(a) === 0 ? [] : [a.softmax(), a.logSumExp(-1)]),
  normalization: (a, _b, knob) =>
    rank(a) === 0 ? [] : [a.localResponseNormalization({ size: 1 + (knob % 4), alpha: 0.2 })],
  transfer: (a) => [a.to(pick(devices, a.device === devices[0] ? 1 : 0))],
  twoOutputs: (a, b) =>
    t.map([a, beside(a, b)], ([left, right]) => (left && right ? [left.mul(0.9).sub(right), right.add(left)] : [])),
  gather: (a, _b, _knob, { at }) => (rank(a) === 0 ? [] : [t.gather(a, at.to(a.device))]),
  dropout: (a, _b, knob, { seed, step }) => [
    t.scope(`layer${knob % 2}`, () =>
      t.dropout(
        a,
        { seed: seed.to(a.device), step: step.to(a.device) },
        { rate: 0.5, training: true, scaling: "paper" },
      ),
    ),
  ],
  gradient: (a, b) => t.gradient(a.square().mean(), [b]).flatMap((found) => found ?? []),
};
const actionNames = Object.keys(actions);

/** How the new p and q come about; each gives a value like the old one. */
const updates: readonly ((old: t.Tensor, other: t.Tensor, found: t.Tensor) => t.Tensor)[] = [
  (old) => old,
  (_old, other) => other,
  (old, _other, found) => old.sub(beside(old, found).mul(0.1)),
  (old, other, found) => old.mul(0.9).add(other).sub(beside(old, found).tanh()),
  (old, _other, found) => {
    const near = found.to(old.device);
    return t.sameShape(near.shape, old.shape) ? near : near.mean().broadcastTo(old.shape);
  },
  (old) => old.flip(1),
];

export interface Recipe {
  readonly actions: readonly {
    readonly action: string;
    readonly a: number;
    readonly b: number;
    readonly knob: number;
  }[];
  readonly outputs: readonly number[];
  readonly updates: readonly [p: number, q: number];
  readonly source: number;
  /** Whether old and new state are among the results, reshaped. */
  readonly views: boolean;
}

const index = fc.nat({ max: 50 });
/** Mostly one of the last few values. */
const recent = fc.oneof({ weight: 2, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: index });

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  actions: fc.array(
    fc.record({ action: fc.constantFrom(...actionNames), a: recent, b: index, knob: fc.nat({ max: 7 }) }),
    {
      minLength: 1,
      maxLength: 14,
    },
  ),
  outputs: fc.array(index, { minLength: 1, maxLength: 3 }),
  updates: fc.tuple(index, index),
  source: index,
  views: fc.boolean(),
});

const LARGEST = 500;

/** The function that a recipe stands for. It returns the donated state and a few of the values made on the way. */
export function functionOf(recipe: Recipe): (inputs: Inputs) => { p: t.Tensor; q: t.Tensor; results: t.Tensor[] } {
  return (inputs) => {
    const { p, q, r, x, y, scale } = inputs;
    const values: t.Tensor[] = [p, q, r, x, y, scale];
    for (const { action, a, b, knob } of recipe.actions) {
      const made = actions[action]?.(pick(values.toReversed(), a), pick(values, b), knob, inputs) ?? [];
      values.push(...made.filter(({ shape }) => t.elementCount(shape) <= LARGEST));
    }
    const found = pick(values.toReversed(), recipe.source);
    const newP = pick(updates, recipe.updates[0])(p, q, found);
    const newQ = pick(updates, recipe.updates[1])(q, p, found);
    const views = recipe.views ? [p.reshape([4, 3]), q.reshape([1, 3, 4, 1]), newP.reshape([-1]), newQ] : [];
    return {
      p: newP,
      q: newQ,
      results: [...recipe.outputs.map((output) => pick(values.toReversed(), output)), ...views],
    };
  };
}
