import fc from "fast-check";
import { expect, test } from "vitest";
import { layOutUniforms } from "./uniform-windows.ts";

test("equal uniforms share a window", () => {
  const { words, windows } = layOutUniforms([[1, 2], undefined, [3], [1, 2]]);
  expect(windows).toEqual([{ offset: 0, bytes: 16 }, undefined, { offset: 256, bytes: 16 }, { offset: 0, bytes: 16 }]);
  expect(words).toHaveLength(128);
});

test("every dispatch finds its uniforms in a window that starts where every adapter allows", () => {
  const uniforms = fc.array(fc.option(fc.array(fc.nat(), { minLength: 1, maxLength: 64 }), { nil: undefined }));
  fc.assert(
    fc.property(uniforms, (all) => {
      const { words, windows } = layOutUniforms(all);
      for (const [index, values] of all.entries()) {
        const window = windows[index];
        expect(window === undefined).toBe(values === undefined);
        if (window === undefined || values === undefined) continue;
        expect(window.offset % 256).toBe(0);
        expect(window.offset + window.bytes).toBeLessThanOrEqual(words.byteLength);
        expect([...words.subarray(window.offset / 4, window.offset / 4 + values.length)]).toEqual(values);
      }
    }),
  );
});
