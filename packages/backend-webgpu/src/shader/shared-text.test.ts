import { expect, test } from "vitest";
import type { Dispatch } from "./dispatch.ts";
import { withSharedText } from "./shared-text.ts";

function dispatch(wgsl: string): Dispatch {
  return { wgsl, bindings: [], workgroups: [1, 1, 1] };
}

test("numbers that differ become uniforms, and those that do not stay", () => {
  const [one, other] = withSharedText([dispatch("f(5u, 7u, x_3) * 2"), dispatch("f(5u, 9u, x_3) * 4")]);
  expect(one?.wgsl).toBe(`f(5u, numbers.n0, x_3) * i32(numbers.n1)
struct Numbers { n0: u32, n1: u32 }
@group(1) @binding(0) var<uniform> numbers: Numbers;`);
  expect(other?.wgsl).toBe(one?.wgsl);
  expect([one?.uniforms, other?.uniforms]).toEqual([
    [7, 2],
    [9, 4],
  ]);
});

test.each([
  ["of another text", "g(5u)"],
  ["with another sign", "f(-5u)"],
  ["that differ in a fraction", "f(5.5)"],
  ["that differ in a hexadecimal number", "f(0x5)"],
])("dispatches %s stay as they are", (_, text) => {
  const dispatches = [dispatch("f(4u)"), dispatch(text)];
  expect(withSharedText(dispatches)).toEqual(dispatches);
});

test("dispatches that differ in a declaration stay as they are", () => {
  const dispatches = [dispatch("@workgroup_size(32)\nf(1u)"), dispatch("@workgroup_size(64)\nf(2u)")];
  expect(withSharedText(dispatches)).toEqual(dispatches);
});

test("the order stays, also among several texts", () => {
  const shared = withSharedText([dispatch("f(1u)"), dispatch("g(1u)"), dispatch("f(2u)"), dispatch("g(1u)")]);
  expect(shared.map(({ uniforms }) => uniforms)).toEqual([[1], undefined, [2], undefined]);
  expect(shared.map(({ wgsl }) => wgsl[0])).toEqual(["f", "g", "f", "g"]);
});
