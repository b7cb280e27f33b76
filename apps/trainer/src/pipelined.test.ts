import { describe, expect, test } from "vitest";
import { pipelined } from "./pipelined.ts";

async function* upTo(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let item = 0; item < count; item++) yield item;
  } finally {
    log.push("items ended");
  }
}

describe("pipelined", () => {
  test.each([0, 1, 2, 5])(
    "with depth %i, an item's result is read after as many more were submitted",
    async (depth) => {
      const log: string[] = [];
      const submit = async (item: number): Promise<number> => {
        log.push(`submit ${item}`);
        return item;
      };
      for await (const result of pipelined(upTo(4), submit, depth)) log.push(`read ${result}`);
      for (let item = 0; item < 4; item++) {
        const submittedBefore = log.slice(0, log.indexOf(`read ${item}`)).filter((entry) => entry.startsWith("submit"));
        expect(submittedBefore.length).toBe(Math.min(4, item + 1 + depth));
      }
      expect(log.filter((entry) => entry.startsWith("read"))).toEqual([0, 1, 2, 3].map((item) => `read ${item}`));
    },
  );

  test("passes on the first failure, at its place, and ends the items", async () => {
    const log: string[] = [];
    const submit = async (item: number): Promise<number> => {
      if (item >= 2) throw new Error(`step ${item} failed`);
      return item;
    };
    const results: number[] = [];
    const read = async (): Promise<void> => {
      for await (const result of pipelined(upTo(10, log), submit, 2)) results.push(result);
    };
    await expect(read()).rejects.toThrow("step 2 failed");
    expect(results).toEqual([0, 1]);
    expect(log).toEqual(["items ended"]);
  });

  test("ends the items when the reader leaves", async () => {
    const log: string[] = [];
    for await (const _ of pipelined(upTo(10, log), async (item) => item, 2)) break;
    expect(log).toEqual(["items ended"]);
  });
});
