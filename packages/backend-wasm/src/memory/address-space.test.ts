import fc from "fast-check";
import { expect, test } from "vitest";
import { AddressSpace, alignedSize, type Block, endOf } from "./address-space.ts";
import { SLOT_ALIGNMENT } from "./layout.ts";

const [START, LIMIT] = [1024, 1024 + 64 * SLOT_ALIGNMENT];

/** Takes a block of so many bytes, or gives back the nth of those that are taken. */
type Action = { readonly take: number } | { readonly give: number };
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(fc.record({ take: fc.nat(20 * SLOT_ALIGNMENT) }), fc.record({ give: fc.nat(63) })),
  { maxLength: 60 },
);

interface History {
  readonly space: AddressSpace;
  readonly taken: readonly Block[];
}

function after(history: readonly Action[]): History {
  const space = new AddressSpace(START, LIMIT);
  const taken: Block[] = [];
  for (const action of history) {
    if ("take" in action) {
      const block = space.allocate(action.take);
      if (block !== undefined) taken.push(block);
    } else if (taken.length > 0) {
      const [block] = taken.splice(action.give % taken.length, 1);
      if (block !== undefined) space.free(block);
    }
  }
  return { space, taken };
}

test("blocks are aligned, large enough, inside the space, and none overlaps another", () => {
  fc.assert(
    fc.property(actions, (history) => {
      const { taken } = after(history);
      const inOrder = taken.filter(({ bytes }) => bytes > 0).sort((a, b) => a.address - b.address);
      for (const [index, block] of inOrder.entries()) {
        expect(block.address % SLOT_ALIGNMENT).toBe(0);
        expect(block.address).toBeGreaterThanOrEqual(index === 0 ? START : endOf(inOrder[index - 1] ?? block));
        expect(endOf(block)).toBeLessThanOrEqual(LIMIT);
      }
    }),
  );
});

test("when all is given back, whatever the order, one block can take everything", () => {
  fc.assert(
    fc.property(actions, (history) => {
      const { space, taken } = after(history);
      for (const block of taken) space.free(block);
      expect(space.allocate(LIMIT - START)).toEqual({ address: START, bytes: LIMIT - START });
    }),
  );
});

test("blocks that are only taken lie side by side", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(500), { maxLength: 8 }), (sizes) => {
      const space = new AddressSpace(START, LIMIT);
      let end = START;
      for (const bytes of sizes) {
        expect(space.allocate(bytes)).toEqual({ address: end, bytes: alignedSize(bytes) });
        end += alignedSize(bytes);
      }
    }),
  );
});

test("the tightest hole is taken, before anything beyond the last block", () => {
  const space = new AddressSpace(START, LIMIT);
  const [wide, , narrow] = [256, 64, 128, 64].map((bytes) => space.allocate(bytes));
  if (wide === undefined || narrow === undefined) throw new Error("there is room for these");
  space.free(wide);
  space.free(narrow);
  expect(space.allocate(100)).toEqual(narrow);
  expect(space.allocate(100)).toEqual({ address: wide.address, bytes: 128 });
});

test("what is too large is not allocated", () => {
  expect(new AddressSpace(START, LIMIT).allocate(LIMIT - START + 1)).toBeUndefined();
});
