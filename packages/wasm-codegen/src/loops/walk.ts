// Code that walks over strided arrays with a pointer for each.
import { operand } from "@tandem/core";
import { type Code, type Count, countedLoop, get, increment, type Local, type Range, set } from "../encoding/code.ts";
import { i32 } from "../encoding/instructions.ts";
import type { Locals } from "../encoding/module.ts";

/** Bytes of an element. */
export const BYTES = 4;

/** All positions from 0 on. */
export function all(count: Count): Range {
  return { start: 0, end: count, step: 1 };
}

/** The address of what lies `elements` after a pointer. */
export function elementAt(pointer: Local, elements: number): Code {
  return elements === 0 ? get(pointer) : i32.add(get(pointer), i32.const(elements * BYTES));
}

/** The address of what lies `count` times `stride` elements after a pointer. */
export function strideAt(pointer: Local, count: Count, stride: number): Code {
  if (typeof count === "number") return elementAt(pointer, count * stride);
  return stride === 0 ? get(pointer) : i32.add(get(pointer), i32.mul(get(count), i32.const(stride * BYTES)));
}

/** Runs `body` at the positions of `range` along an axis. It sees pointers to them and the position (i32). */
export function walkRange(
  locals: Locals,
  { strides }: { readonly extent?: Count; readonly strides: readonly number[] },
  range: Range,
  pointers: readonly Local[],
  body: (pointers: readonly Local[], position: Code) => readonly Code[],
): readonly Code[] {
  if (typeof range.start === "number" && typeof range.end === "number" && range.end <= range.start) return [];
  const counter = locals.variable("i32");
  const strideOf = (array: number): number => operand(strides, array);
  const moving = pointers.map((pointer, array) => (strideOf(array) === 0 ? pointer : locals.variable("i32")));
  return [
    ...moving.flatMap((pointer, array) => {
      const origin = operand(pointers, array);
      return pointer === origin ? [] : [set(pointer, strideAt(origin, range.start, strideOf(array)))];
    }),
    countedLoop(counter, range, [
      ...body(moving, get(counter)),
      ...moving.map((pointer, array) => increment(pointer, range.step * strideOf(array) * BYTES)),
    ]),
  ];
}

/** Runs `body` at every position along all the axes, the last of them innermost. */
export function walk(
  locals: Locals,
  axes: readonly { readonly extent: Count; readonly strides: readonly number[] }[],
  pointers: readonly Local[],
  body: (pointers: readonly Local[]) => readonly Code[],
): readonly Code[] {
  const [axis, ...inner] = axes;
  if (axis === undefined) return body(pointers);
  if (axis.extent === 1) return walk(locals, inner, pointers, body);
  return walkRange(locals, axis, all(axis.extent), pointers, (here) => walk(locals, inner, here, body));
}
