// Reading and writing at a known distance from a pointer.
import { type Code, get, type Local } from "../encoding/code.ts";
import type { Lanes, LaneType } from "../map/lanes.ts";
import { BYTES, elementAt } from "./walk.ts";

/** The lanes that begin `elements` after a pointer; a distance forward costs nothing. */
export function loadAt(lanes: Lanes, dtype: LaneType, pointer: Local, elements: number): Code {
  if (elements < 0) return lanes.load(dtype, elementAt(pointer, elements));
  return lanes.load(dtype, get(pointer), elements * BYTES);
}

export function storeAt(lanes: Lanes, dtype: LaneType, pointer: Local, elements: number, value: Code): Code {
  if (elements < 0) return lanes.store(dtype, elementAt(pointer, elements), value);
  return lanes.store(dtype, get(pointer), value, elements * BYTES);
}
