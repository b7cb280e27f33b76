// The intermediate representation: an append-only list of nodes in single-assignment form. Plain data.
import type { HostArray } from "./dtype.ts";
import type { TensorType } from "./type.ts";

export const GRAPH_VERSION = 1;

/** Index into `Graph.values`. */
export type ValueId = number;

/** Op-specific settings; plain data that survives `structuredClone`. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly attributes: Attributes;
  /** Logical path of the part of the model the node belongs to, such as `conv2`; no device in it. */
  readonly scope: string;
}

export interface GraphInput {
  readonly name: string;
  readonly value: ValueId;
}

export interface GraphOutput {
  readonly name: string;
  readonly value: ValueId;
  /** Name of the donated input whose memory this output takes over. */
  readonly replaces?: string;
}

export interface GraphConstant {
  readonly value: ValueId;
  readonly data: HostArray;
}

export interface Graph {
  readonly version: typeof GRAPH_VERSION;
  readonly values: readonly TensorType[];
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly constants: readonly GraphConstant[];
}

export function typeOf(graph: Graph, value: ValueId): TensorType {
  const type = graph.values[value];
  if (type === undefined) throw new RangeError(`graph has no value ${value}`);
  return type;
}

/** The node that computes each value; inputs and constants have none. */
export function producers(graph: Graph): ReadonlyMap<ValueId, GraphNode> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((value) => [value, node] as const)));
}

/** How many times each value is read, by nodes and as an output. */
export function useCounts(graph: Graph): ReadonlyMap<ValueId, number> {
  const counts = new Map<ValueId, number>();
  const reads = [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((output) => output.value)];
  for (const value of reads) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
