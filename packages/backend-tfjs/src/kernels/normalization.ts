// Local response normalization and its gradient, compiled to SIMD over the channels of a position. The sums over neighbours read
// rows of workspace that continue with zeros on both sides.
import {
  elementCount,
  extent,
  type LocalResponseNormalizationAttributes,
  operand,
  type Scalar,
  type Shape,
  scalarProgram,
} from "@tandem/core";
import { type Code, get, type Local, set } from "../assembly/code.ts";
import { type CompiledFunction, compileFunction, Locals } from "../assembly/function.ts";
import { elementAt, walk, walkRange } from "../loops/walk.ts";
import { withoutConstantPowers } from "../map/constant-power.ts";
import { fourLanes } from "../map/four-lanes.ts";
import type { Lanes } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";
import { scalarCode } from "../map/scalar-code.ts";
import { areFloats, type KernelDefinition, type StepShape } from "./kernel.ts";

interface Rows {
  readonly count: number;
  readonly channels: number;
  readonly settings: LocalResponseNormalizationAttributes;
}

/** The channels of each position are a row. */
function rowsOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): Rows {
  const settings = attributes as LocalResponseNormalizationAttributes;
  const { shape }: { readonly shape: Shape } = operand(inputs, 0).type;
  const channels = extent(shape, shape.length - 1);
  return { count: channels === 0 ? 0 : elementCount(shape) / channels, channels, settings };
}

const before = (size: number): number => Math.floor(size / 2);
const after = (size: number): number => Math.floor((size - 1) / 2);

/** Elements of a row of workspace: zeros for half a window on each side. */
function workspaceElements({ channels, settings: { size } }: Rows): number {
  return channels + 2 * size;
}

interface RowContext {
  readonly lanes: Lanes;
  readonly locals: Locals;
  /** Pointers to as many channels as there are lanes: of the arrays, then of the rows of workspace. */
  readonly here: readonly Local[];
}

/** Runs each pass over all channels of a row before the next. Parameters: `arrays` arrays, then `workspaces` rows of workspace. */
function compileRows(
  { count, channels, settings: { size } }: Rows,
  { arrays, workspaces }: { readonly arrays: number; readonly workspaces: number },
  passes: readonly ((context: RowContext) => readonly Code[])[],
  memory: object,
): CompiledFunction {
  const locals = new Locals(arrays + workspaces);
  const rows = { extent: count, strides: locals.parameters.map((_, array) => (array < arrays ? channels : 0)) };
  const along = { extent: channels, strides: locals.parameters.map(() => 1) };
  const whole = channels - (channels % fourLanes.width);
  const pass = (code: (context: RowContext) => readonly Code[], pointers: readonly Local[]): readonly Code[] =>
    [[fourLanes, 0, whole] as const, [oneLane, whole, channels] as const].flatMap(([lanes, start, end]) =>
      walkRange(locals, along, { start, end, step: lanes.width }, pointers, (here) => code({ lanes, locals, here })),
    );
  const padding = locals.parameters.slice(arrays).map((row) => set(row, elementAt(row, size)));
  const body = walk(locals, [rows], locals.parameters, (pointers) => passes.flatMap((code) => pass(code, pointers)));
  return compileFunction(locals, [...padding, ...body], memory);
}

/** Loads inputs from the given addresses, computes `body`, and hands the results to `store`. */
function compute(
  { lanes, locals }: RowContext,
  inputs: readonly Code[],
  body: (inputs: readonly Scalar[]) => readonly Scalar[],
): { readonly statements: readonly Code[]; readonly outputs: readonly Code[] } {
  const program = withoutConstantPowers(
    scalarProgram(
      inputs.map(() => "f32"),
      body,
    ),
  );
  return scalarCode(program, {
    lanes,
    locals,
    input: (index) => operand(inputs, index),
    coordinate: () => lanes.constant("u32", 0),
  });
}

/** Sum of a row of workspace over the neighbours of each channel, itself among them. */
function windowSum({ lanes }: RowContext, row: Local, first: number, last: number): Code {
  const at = (neighbour: number): Code => lanes.load("f32", elementAt(row, neighbour));
  let sum = at(-first);
  for (let neighbour = 1 - first; neighbour <= last; neighbour++) sum = lanes.apply("add", "f32", [sum, at(neighbour)]);
  return sum;
}

const squares =
  (x: number, row: number) =>
  (context: RowContext): readonly Code[] => {
    const { lanes, here } = context;
    const { statements, outputs } = compute(context, [lanes.load("f32", get(operand(here, x)))], ([value]) =>
      value === undefined ? [] : [value.mul(value)],
    );
    return [...statements, lanes.store("f32", get(operand(here, row)), operand(outputs, 0))];
  };

/** Arrays: x, y. Workspace: squares. */
function forwardPasses({ k, alpha, beta, size }: LocalResponseNormalizationAttributes) {
  const normalize = (context: RowContext): readonly Code[] => {
    const { lanes, here } = context;
    const [x, y, row] = [operand(here, 0), operand(here, 1), operand(here, 2)];
    const inputs = [lanes.load("f32", get(x)), windowSum(context, row, before(size), after(size))];
    const { statements, outputs } = compute(context, inputs, ([value, sum]) =>
      value === undefined || sum === undefined ? [] : [value.mul(sum.mul(alpha).add(k).pow(-beta))],
    );
    return [...statements, lanes.store("f32", get(y), operand(outputs, 0))];
  };
  return [squares(0, 2), normalize];
}

/** Arrays: x, dy, dx. Workspace: squares, and what each channel contributes to its neighbours. */
function backwardPasses({ k, alpha, beta, size }: LocalResponseNormalizationAttributes) {
  const direct = (context: RowContext): readonly Code[] => {
    const { lanes, here } = context;
    const [x, dy, dx, row, shares] = [0, 1, 2, 3, 4].map((index) => operand(here, index)) as [
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const inputs = [
      lanes.load("f32", get(x)),
      lanes.load("f32", get(dy)),
      windowSum(context, row, before(size), after(size)),
    ];
    const { statements, outputs } = compute(context, inputs, ([value, cotangent, sum]) => {
      if (value === undefined || cotangent === undefined || sum === undefined) return [];
      const scale = sum.mul(alpha).add(k);
      const scaled = cotangent.mul(scale.pow(-beta));
      return [scaled, scaled.mul(value).div(scale)];
    });
    return [
      ...statements,
      lanes.store("f32", get(dx), operand(outputs, 0)),
      lanes.store("f32", get(shares), operand(outputs, 1)),
    ];
  };
  const throughNeighbours = (context: RowContext): readonly Code[] => {
    const { lanes, here } = context;
    const [x, dx, shares] = [operand(here, 0), operand(here, 2), operand(here, 4)];
    const inputs = [
      lanes.load("f32", get(dx)),
      lanes.load("f32", get(x)),
      windowSum(context, shares, after(size), before(size)),
    ];
    const { statements, outputs } = compute(context, inputs, ([scaled, value, sum]) =>
      scaled === undefined || value === undefined || sum === undefined
        ? []
        : [scaled.sub(value.mul(sum).mul(2 * alpha * beta))],
    );
    return [...statements, lanes.store("f32", get(dx), operand(outputs, 0))];
  };
  return [squares(0, 3), direct, throughNeighbours];
}

function normalizationKernel(
  arrays: readonly ("x" | "dy" | "result")[],
  workspaces: number,
  passesOf: (settings: LocalResponseNormalizationAttributes) => readonly ((context: RowContext) => readonly Code[])[],
): KernelDefinition {
  return {
    supports: areFloats,
    scratchBytes: (step) => 4 * workspaces * workspaceElements(rowsOf(step)),
    prepare(step, { compiled, heap }) {
      const rows = rowsOf(step);
      const run = compiled(`${step.op} ${JSON.stringify(rows)}`, (memory) =>
        compileRows(rows, { arrays: arrays.length, workspaces }, passesOf(rows.settings), memory),
      );
      const elements = workspaceElements(rows);
      return (inputs, outputs) => {
        const addressOf = { x: operand(inputs, 0), dy: inputs[2] ?? 0, result: operand(outputs, 0) };
        heap.withWorkspace(Array<number>(workspaces).fill(elements), (...workspace) => {
          for (const row of workspace) new Float32Array(heap.buffer, row, elements).fill(0);
          run(...arrays.map((array) => addressOf[array]), ...workspace);
        });
      };
    },
  };
}

export const localResponseNormalizationKernel: KernelDefinition = normalizationKernel(
  ["x", "result"],
  1,
  forwardPasses,
);

export const localResponseNormalizationGradientKernel: KernelDefinition = normalizationKernel(
  ["x", "dy", "result"],
  2,
  backwardPasses,
);
