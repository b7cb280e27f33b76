// Code that walks over strided arrays with a pointer for each.
import { operand } from "@tandem/core";
import { type Code, countedLoop, get, increment, type Local, set } from "../assembly/code.ts";
import type { Locals } from "../assembly/function.ts";
import { i32 } from "../assembly/instructions.ts";
import type { LoopAxis } from "./loop-nest.ts";

/** Bytes of an element. */
export const BYTES = 4;

export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** The address of what lies `elements` after a pointer. */
export function elementAt(pointer: Local, elements: number): Code {
  return elements === 0 ? get(pointer) : i32.add(get(pointer), i32.const(elements * BYTES));
}

/** Runs `body` at the positions of `range` along an axis. It sees pointers to them and the position (i32). */
export function walkRange(
  locals: Locals,
  axis: LoopAxis,
  range: Range,
  pointers: readonly Local[],
  body: (pointers: readonly Local[], position: Code) => readonly Code[],
): readonly Code[] {
  if (range.end <= range.start) return [];
  const counter = locals.variable("i32");
  const strides = pointers.map((_, array) => operand(axis.strides, array));
  const moving = pointers.map((pointer, array) => (operand(strides, array) === 0 ? pointer : locals.variable("i32")));
  return [
    ...moving.flatMap((pointer, array) => {
      const origin = operand(pointers, array);
      return pointer === origin ? [] : [set(pointer, elementAt(origin, range.start * operand(strides, array)))];
    }),
    countedLoop(counter, range, [
      ...body(moving, get(counter)),
      ...moving.map((pointer, array) => increment(pointer, range.step * operand(strides, array) * BYTES)),
    ]),
  ];
}

/** Runs `body` at every position along all the axes, the last of them innermost. */
export function walk(
  locals: Locals,
  axes: readonly LoopAxis[],
  pointers: readonly Local[],
  body: (pointers: readonly Local[]) => readonly Code[],
): readonly Code[] {
  const [axis, ...inner] = axes;
  if (axis === undefined) return body(pointers);
  return walkRange(locals, axis, { start: 0, end: axis.extent, step: 1 }, pointers, (here) =>
    walk(locals, inner, here, body),
  );
}
