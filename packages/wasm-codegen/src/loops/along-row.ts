// Code for contiguous elements: four at a time, then one at a time.
import type { Code, Count, Local } from "../encoding/code.ts";
import type { Locals } from "../encoding/module.ts";
import { fourLanes } from "../map/four-lanes.ts";
import type { Lanes } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";
import { wholeSteps } from "./tiles.ts";
import { walkRange } from "./walk.ts";

/** `body` sees pointers to as many elements of each array as there are lanes. */
export function alongRow(
  locals: Locals,
  count: Count,
  pointers: readonly Local[],
  body: (lanes: Lanes, pointers: readonly Local[]) => readonly Code[],
): readonly Code[] {
  const axis = { strides: pointers.map(() => 1) };
  const { statements, whole } = wholeSteps(locals, count, fourLanes.width);
  return [
    ...statements,
    ...walkRange(locals, axis, { start: 0, end: whole, step: fourLanes.width }, pointers, (here) =>
      body(fourLanes, here),
    ),
    ...walkRange(locals, axis, { start: whole, end: count, step: 1 }, pointers, (here) => body(oneLane, here)),
  ];
}
