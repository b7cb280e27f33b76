// Which taps and positions a pixel meets, class by class, against the relation itself.
import fc from "fast-check";
import { expect, test } from "vitest";
import { axisClasses } from "./stride-classes.ts";

const small = (most: number) => fc.integer({ min: 1, max: most });
const axis = fc.record({ size: small(20), filter: small(6), stride: small(6), dilation: small(4), padding: fc.nat(5) });

test("every pixel is in one class, with all of its taps and their positions", () => {
  fc.assert(
    fc.property(axis, ({ size, filter, stride, dilation, padding }) => {
      const meetings = axisClasses(size, filter, stride, dilation, padding).flatMap((each) =>
        Array.from({ length: each.count }, (_, index) => ({
          pixel: each.first + index * each.step,
          taps: Array.from({ length: each.taps }, (_, tap) => ({
            tap: each.tap + tap * each.tapStep,
            output: each.output + index + tap * each.outputStep,
          })),
        })),
      );
      const expected = Array.from({ length: size }, (_, pixel) => ({
        pixel,
        taps: Array.from({ length: filter }, (_, tap) => ({
          tap,
          output: (pixel + padding - tap * dilation) / stride,
        })).filter(({ output }) => Number.isInteger(output)),
      }));
      expect(meetings.sort((one, other) => one.pixel - other.pixel)).toEqual(expected);
    }),
  );
});
