import { expect, test } from "vitest";
import { pythonWithTorch } from "./python.ts";

test("no Python has it: there is no peer, and no error", async () => {
  expect(await pythonWithTorch(["/no/such/python", process.execPath])).toBeUndefined();
});

test("the first one that can import it is taken", async () => {
  expect(await pythonWithTorch(["/no/such/python", "true", process.execPath])).toBe("true");
});
