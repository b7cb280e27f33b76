import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupBySharedKeys, neutralCodePoints } from "./concepts.ts";

describe("neutral code points", () => {
  test.each([
    ["a man running, facing right, and a runner", "1F3C3-200D-2642-FE0F-200D-27A1-FE0F", "1F3C3"],
    ["a woman teacher and a teacher", "1F469-200D-1F3EB", "1F9D1-200D-1F3EB"],
    ["a girl and a child", "1F467", "1F9D2"],
    ["two families of two adults and a child", "1F468-200D-1F468-200D-1F467", "1F469-200D-1F468-200D-1F466"],
    ["a heart in text and in colour", "2764-FE0F", "2764"],
  ])("are the same for %s", (_, a, b) => {
    expect(neutralCodePoints(a)).toBe(neutralCodePoints(b));
  });

  test.each([
    ["families of one and two adults", "1F468-200D-1F467", "1F468-200D-1F468-200D-1F467"],
    ["a runner and a walker", "1F3C3", "1F6B6"],
    ["the female and the male sign", "2640-FE0F", "2642-FE0F"],
  ])("differ for %s", (_, a, b) => {
    expect(neutralCodePoints(a)).not.toBe(neutralCodePoints(b));
  });
});

describe("groups by shared keys", () => {
  test("join what is linked through others", () => {
    expect(groupBySharedKeys([["a"], ["b"], ["b", "c"], ["d"], ["c", "a"]])).toEqual([0, 0, 0, 3, 0]);
  });

  test("hold together all that share a key, and are named by their first member", () => {
    const keys = fc.array(fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { maxLength: 3 }));
    fc.assert(
      fc.property(keys, (lists) => {
        const groups = groupBySharedKeys(lists);
        lists.forEach((list, i) => {
          expect(groups[groups[i] ?? -1]).toBe(groups[i]);
          lists.forEach((other, j) => {
            if (list.some((key) => other.includes(key))) expect(groups[i]).toBe(groups[j]);
          });
        });
      }),
    );
  });

  test("hold apart what no chain of keys links", () => {
    const keys = fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { maxLength: 15 });
    fc.assert(
      fc.property(keys, (lists) => {
        // Even and odd keys never meet in one list, so that even and odd lists never meet in one group.
        const split = lists.map((list, i) => list.map((key) => String(2 * key + (i % 2))));
        const groups = groupBySharedKeys(split);
        groups.forEach((group, i) => {
          expect(group % 2).toBe(i % 2);
        });
      }),
    );
  });
});
