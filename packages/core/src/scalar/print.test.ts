import { expect, test } from "vitest";
import { scalarProgram } from "./builder.ts";
import { printScalarProgram } from "./print.ts";

test("single uses nest, shared values get a name, types show where they change", () => {
  const program = scalarProgram(["f32", "f32", "u32"], ([a, b, bits], builder) => {
    if (a === undefined || b === undefined || bits === undefined) return [];
    const shared = a.add(b).tanh();
    return [shared.mul(shared), bits.ge(5).select(builder.coordinate(1).cast("f32"), 0)];
  });
  expect(printScalarProgram(program)).toBe("t0 = tanh((a + b)); (t0 * t0), select((c >= 5u), cast<f32>(i1), 0)");
});
