import { expect, test } from "vitest";
import { isShipped } from "./shipped-files.ts";

const cases: readonly (readonly [boolean, "own" | "other", string, string])[] = [
  [true, "own", "@tandem/core", "package.json"],
  [true, "own", "@tandem/core", "dist/index.js"],
  [true, "own", "@tandem/backend-wasm", "dist/wasm/relaxed.wasm"],
  [false, "own", "@tandem/core", "src/index.ts"],
  [false, "own", "@tandem/core", "dist/index.d.ts"],
  [false, "own", "@tandem/core", "dist/index.js.map"],
  [false, "own", "@tandem/core", "dist/shape.test.js"],
  [false, "own", "@tandem/core", "dist/example.test-support.js"],
  [true, "own", "@tandem/data", "embedded/emoji/index.json"],
  [true, "own", "@tandem/tool-bench", "native/peak.c"],
  [true, "own", "@tandem/tool-bench", "python/torch_peer.py"],
  [true, "own", "@tandem/tool-bundle", "dist/doctor/main.js"],
  [false, "own", "@tandem/tool-bundle", "dist/main.js"],
  [true, "other", "zod", "index.js"],
  [true, "other", "zod", "LICENSE"],
  [false, "other", "zod", "src/index.ts"],
  [true, "other", "webgpu", "dist/linux-x64/dawn.node"],
  [false, "other", "webgpu", "dist/win32-x64/dawn.node"],
  [true, "other", "webgpu", "LICENSE.md"],
  [true, "other", "@tensorflow/tfjs-core", "dist/tf-core.node.js"],
  [false, "other", "@tensorflow/tfjs-core", "dist/ops/add.js"],
  [true, "other", "@tensorflow/tfjs-backend-wasm", "dist/tfjs-backend-wasm-simd.wasm"],
  [false, "other", "@tensorflow/tfjs-backend-wasm", "wasm-out/tfjs-backend-wasm-simd.wasm"],
];

test.each(cases)("%s: %s package %s, %s", (expected, owner, name, path) => {
  expect(isShipped(name, owner === "own", path)).toBe(expected);
});
