// When each storage is in use, in positions of the timeline.
import type { Graph, ValueId } from "../graph.ts";
import type { Storage } from "./storage.ts";
import { type TimelineEvent, valuesOf } from "./timeline.ts";

/** First and last position at which a storage holds something that is needed; -1 is before the first event. */
export interface LiveRange {
  readonly first: number;
  readonly last: number;
}

/** Live range of every storage root. Outputs live to the end, inputs from the start. */
export function liveRanges(
  graph: Graph,
  timeline: readonly TimelineEvent[],
  storage: Storage,
): ReadonlyMap<ValueId, LiveRange> {
  const ranges = new Map<ValueId, LiveRange>();
  const touch = (value: ValueId, position: number): void => {
    const root = storage.rootOf(value);
    const known = ranges.get(root) ?? { first: position, last: position };
    ranges.set(root, { first: Math.min(known.first, position), last: Math.max(known.last, position) });
  };
  for (const { value } of [...graph.inputs, ...graph.constants]) touch(value, -1);
  for (const [position, event] of timeline.entries()) for (const value of valuesOf(event)) touch(value, position);
  for (const { value } of graph.outputs) touch(value, timeline.length);
  return ranges;
}

export function overlap(a: LiveRange, b: LiveRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}
