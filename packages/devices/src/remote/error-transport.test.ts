import {
  BackendError,
  DeviceLostError,
  DTypeError,
  type ErrorLocation,
  MemoryError,
  ShapeError,
  UsageError,
} from "@tandem/core";
import { expect, test } from "vitest";
import { packError, unpackError } from "./error-transport.ts";

const location: ErrorLocation = {
  op: "conv2d",
  scope: "conv2",
  device: "device:0",
  operands: [{ role: "input", type: { dtype: "f32", shape: [2, 3], device: "device:0" }, origin: "conv1/pool" }],
};

const errors: readonly Error[] = [
  new BackendError("tfjs:0: map of conv1 failed", { hint: "try another", cause: new RangeError("out of range") }),
  new DeviceLostError("webgpu:0 was lost"),
  new ShapeError("shapes differ", {}, location),
  new DeviceLostError("webgpu:0 was lost", { hint: "resume" }),
  new DTypeError("f64 is not f32"),
  new UsageError("no"),
  new MemoryError("tfjs:1", 5000, 4000, { hint: "use less" }),
  new TypeError("not one of ours"),
];

const crossed = (error: unknown): Error => unpackError(structuredClone(packError(error)));

test.each(errors)("%s keeps its name, message, stack and cause", (error) => {
  const found = crossed(error);
  expect(found.name).toBe(error.name);
  expect(found.message).toBe(error.message);
  expect(found.stack).toBe(error.stack);
  expect(String(found.cause)).toBe(String(error.cause));
});

test.each(errors.slice(0, -1))("%s keeps its class", (error) => {
  expect(crossed(error)).toBeInstanceOf(error.constructor);
});

test("a MemoryError keeps its numbers", () => {
  expect(crossed(new MemoryError("tfjs:1", 5000, 4000))).toMatchObject({
    device: "tfjs:1",
    neededBytes: 5000,
    availableBytes: 4000,
  });
});

test("what was thrown without being an error becomes one", () => {
  expect(crossed("a string").message).toBe("a string");
});
