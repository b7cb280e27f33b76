// What an operation is: one value that knows its result type, its gradient, its decomposition and its cost.
import { UsageError } from "./errors.ts";
import type { Attributes, GraphNode } from "./graph.ts";
import type { Tensor } from "./tensor.ts";
import type { ArrayType } from "./type.ts";

export interface VjpContext<A extends Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** One for each output; `undefined` where nothing downstream depends on it. */
  readonly cotangents: readonly (Tensor | undefined)[];
  readonly attributes: A;
}

/** Builds the cotangent of one input when it is asked for; `undefined` where there is none. */
export type CotangentThunk = (() => Tensor) | undefined;

export interface Op<A extends Attributes = Attributes> {
  readonly name: string;
  /** What each input is called in errors; the last one stands for all that follow. */
  readonly roles: readonly string[];
  /** Types of the outputs. Throws ShapeError or DTypeError with a one-line summary; the trace adds where. */
  infer(inputs: readonly ArrayType[], attributes: A): readonly ArrayType[];
  /** Where the outputs live, if not where the inputs do. */
  device?(attributes: A): string | undefined;
  /**
   * Vector-Jacobian product: a thunk for each input. The cotangent may have the shape the input was broadcast to;
   * `gradient` sums it back. Without it the op is differentiated through its decomposition.
   */
  vjp?(context: VjpContext<A>): readonly CotangentThunk[];
  /** The same computation in other ops. An op without it is a primitive, which every backend must be able to run. */
  decompose?(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
  /** Floating-point operations, a multiply-add counting as two. */
  flops(inputs: readonly ArrayType[], outputs: readonly ArrayType[], attributes: A): number;
}

const registry = new Map<string, Op>();

/** Defines an op, inside Tandem or outside it. Names are global, since a graph knows ops by name. */
export function defineOp<A extends Attributes>(op: Op<A>): Op<A> {
  if (registry.has(op.name)) throw new UsageError(`op ${op.name} is defined twice`);
  registry.set(op.name, op as Op);
  return op;
}

export function opNamed(name: string): Op {
  const op = registry.get(name);
  if (op === undefined) throw new UsageError(`op ${name} is not defined in this process`);
  return op;
}

export function opOf(node: GraphNode): Op {
  return opNamed(node.op);
}

export function allOps(): readonly Op[] {
  return [...registry.values()];
}

export function isPrimitive(op: Op): boolean {
  return op.decompose === undefined;
}

/** The operand at `index`; a missing one is an error of the caller. */
export function operand<T>(operands: readonly T[], index: number): T {
  const found = operands[index];
  if (found === undefined) throw new UsageError(`operand ${index} is missing`);
  return found;
}
