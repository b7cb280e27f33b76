import { expect, test } from "vitest";
import { Heap, type HeapMemory } from "./heap.ts";

/** Hands out ever higher addresses, until `room` is used up. */
function memoryOf(room: number): HeapMemory & { readonly freed: number[] } {
  let next = 8;
  const freed: number[] = [];
  return {
    memory: { buffer: new ArrayBuffer(8) },
    freed,
    malloc(bytes) {
      if (next + bytes > room) return 0;
      const address = next;
      next += bytes;
      return address;
    },
    free: (address) => {
      freed.push(address);
    },
  };
}

const heapOf = (memory: HeapMemory): Heap => new Heap(memory, (needed) => new RangeError(`no room for ${needed}`));

test("blocks begin at cache lines and do not overlap", () => {
  const heap = heapOf(memoryOf(10_000));
  const blocks = [100, 3, 64].map((bytes) => heap.allocate(bytes));
  for (const [index, { address, bytes }] of blocks.entries()) {
    expect(address % 64).toBe(0);
    expect(address + bytes).toBeLessThanOrEqual(blocks[index + 1]?.address ?? Number.POSITIVE_INFINITY);
  }
});

test("use counts the bytes asked for, now and at most", () => {
  const heap = heapOf(memoryOf(10_000));
  const first = heap.allocate(100);
  heap.allocate(50);
  heap.free(first);
  expect(heap.use).toEqual({ allocatedBytes: 50, peakBytes: 150 });
});

test("no room is an error, and an error in a kernel gives its workspace back", () => {
  const memory = memoryOf(1000);
  const heap = heapOf(memory);
  expect(() => heap.allocate(2000)).toThrow("no room for 2000");
  const failing = (): never => heap.withWorkspace([10, 1000], () => expect.unreachable());
  expect(failing).toThrow("no room for 4040");
  expect(memory.freed.length).toBe(1);
  expect(heap.use.allocatedBytes).toBe(0);
});
