import { expect, test } from "vitest";
import { leastCapabilities } from "../capabilities.ts";
import type { Binding, Dispatch } from "../shader/dispatch.ts";
import { faultOf } from "./dispatch-fault.ts";

const window: Binding = { storage: { kind: "input", index: 0 }, offset: 256, bytes: 16, access: "read" };
const sound: Omit<Dispatch, "wgsl"> = { bindings: [window], workgroups: [1, 65535, 1] };

test("a dispatch within the limits has no fault", () => {
  expect(faultOf(sound, leastCapabilities.limits)).toBeUndefined();
});

test.each<[string, Partial<Dispatch>, string]>([
  ["workgroups", { workgroups: [1, 65536, 1] }, "65536 workgroups on one axis of at most 65535"],
  ["windows", { bindings: Array<Binding>(9).fill(window) }, "9 windows of storage, of at most 8"],
  ["a long window", { bindings: [{ ...window, bytes: 2 ** 28 }] }, "binding 0 is 268435456 bytes long, of at most"],
  ["half a word", { bindings: [window, { ...window, bytes: 6 }] }, "binding 1 is 6 bytes long, not a multiple of 4"],
  ["an empty window", { bindings: [{ ...window, bytes: 0 }] }, "binding 0 is 0 bytes long"],
  ["an offset", { bindings: [{ ...window, offset: 128 }] }, "binding 0 starts at byte 128, not a multiple of 256"],
  ["uniforms", { uniforms: Array<number>(65).fill(0) }, "65 uniforms, of at most 64"],
])("%s beyond them are one", (_, change, fault) => {
  expect(faultOf({ ...sound, ...change }, leastCapabilities.limits)).toContain(fault);
});
