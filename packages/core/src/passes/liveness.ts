// When each storage is in use, in positions of the order of execution.
import type { Graph, ValueId } from "../graph.ts";
import type { Storage } from "./storage.ts";

/** First and last position at which a storage holds something that is needed; -1 is before the first node. */
export interface LiveRange {
  readonly first: number;
  readonly last: number;
}

/** Live range of every storage root. Outputs live to the end, inputs from the start. */
export function liveRanges(graph: Graph, storage: Storage): ReadonlyMap<ValueId, LiveRange> {
  const ranges = new Map<ValueId, LiveRange>();
  const touch = (value: ValueId, position: number): void => {
    const root = storage.rootOf(value);
    const known = ranges.get(root) ?? { first: position, last: position };
    ranges.set(root, { first: Math.min(known.first, position), last: Math.max(known.last, position) });
  };
  for (const { value } of [...graph.inputs, ...graph.constants]) touch(value, -1);
  for (const [position, node] of graph.nodes.entries()) {
    for (const value of [...node.inputs, ...node.outputs]) touch(value, position);
  }
  for (const { value } of graph.outputs) touch(value, graph.nodes.length);
  return ranges;
}

export function overlap(a: LiveRange, b: LiveRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}
