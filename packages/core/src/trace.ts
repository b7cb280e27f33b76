// From a function over tensors to a graph.
import { UsageError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { requireHostType } from "./host-tensor.ts";
import { Tensor } from "./tensor.ts";
import { withBuilder } from "./trace-context.ts";
import { leaves, type MapTree, mapTree } from "./tree.ts";
import { isTensorType, type TensorType } from "./type.ts";

/** Types of a traced function's inputs, by name: each a `TensorType` or a nesting of them. */
export type Specs = { readonly [name: string]: object };
export type TensorsOf<S> = MapTree<S, TensorType, Tensor>;
/** What a traced function returns, by name: each a tensor or a nesting of them. */
export type TensorOutputs = { readonly [name: string]: object };

export interface Traced<O extends TensorOutputs> {
  readonly graph: Graph;
  /** The nesting of the outputs, with each leaf's dotted name. */
  readonly outputNames: MapTree<O, Tensor, string>;
}

export function isTensor(candidate: unknown): candidate is Tensor {
  return candidate instanceof Tensor;
}

/**
 * Runs `fn` once on symbolic tensors and records what it does.
 * No input or output may be f16: the host has no array of it. `donate` names inputs whose memory the output of the same name takes over; both must have the same nesting and types.
 */
export function trace<S extends Specs, O extends TensorOutputs>(
  fn: (inputs: TensorsOf<S>) => O,
  specs: S,
  donate: readonly string[] = [],
): Traced<O> {
  const builder = new GraphBuilder();
  return withBuilder(builder, () => {
    const inputs = mapTree(specs, isTensorType, (type, name) => {
      requireHostType(`input ${name}`, type);
      return builder.input(name, type);
    });
    const outputs = fn(inputs);
    const named = leaves<Tensor>(outputs, isTensor);
    for (const { name, leaf } of named) {
      if (leaf.builder !== builder) throw new UsageError(`output ${name} belongs to another trace`);
      requireHostType(`output ${name}`, leaf.type);
    }
    const inputTypes = new Map(leaves<TensorType>(specs, isTensorType).map(({ name, leaf }) => [name, leaf]));
    const isDonated = (name: string): boolean => donate.some((top) => name === top || name.startsWith(`${top}.`));
    checkDonations(named, inputTypes, donate, isDonated);
    const graph = builder.finish(
      named.map(({ name, leaf }) => ({ name, value: leaf.id, ...(isDonated(name) && { replaces: name }) })),
    );
    return { graph, outputNames: mapTree(outputs, isTensor, (_, name) => name) };
  });
}

function checkDonations(
  outputs: readonly { readonly name: string; readonly leaf: Tensor }[],
  inputTypes: ReadonlyMap<string, TensorType>,
  donate: readonly string[],
  isDonated: (name: string) => boolean,
): void {
  for (const top of donate) {
    if (![...inputTypes.keys()].some((name) => name === top || name.startsWith(`${top}.`))) {
      throw new UsageError(`"${top}" is donated but is not an input`, {
        hint: `the inputs are ${[...inputTypes.keys()].join(", ")}`,
      });
    }
  }
  const outputTypes = new Map(outputs.map(({ name, leaf }) => [name, leaf.type]));
  for (const [name, input] of inputTypes) {
    if (!isDonated(name)) continue;
    const output = outputTypes.get(name);
    const describe = (type: TensorType): string => `${type.dtype}[${type.shape}] on ${type.device}`;
    if (output === undefined || describe(output) !== describe(input)) {
      throw new UsageError(
        `donated input ${name} is ${describe(input)}, but the output that replaces it is ${output === undefined ? "missing" : describe(output)}`,
        { hint: "return the new state under the same name, with the same nesting and types" },
      );
    }
  }
  for (const name of outputTypes.keys()) {
    if (isDonated(name) && !inputTypes.has(name))
      throw new UsageError(`output ${name} replaces a donated input that does not exist`);
  }
}
