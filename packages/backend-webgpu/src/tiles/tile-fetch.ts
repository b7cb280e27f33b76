// How the invocations of a workgroup share the work of fetching a tile of an operand: a few groups of four for each of them.
import { range } from "./fragments.ts";
import type { Loader } from "./loader.ts";
import { groupPlace, groupsOf, type TileMemory } from "./tile-memory.ts";

export interface TileFetch {
  /** Before the loop: what does not depend on the depth. Needs `lane`, `matrix` and the tile's first span. */
  readonly prepare: string;
  /** Declares variables for the fetched groups. */
  readonly declare: string;
  /** Fetches the groups at the depth that the u32 expression names. */
  fetch(depth: string): string;
  /** Puts the fetched groups into the workgroup's memory. */
  put(place: (place: string, group: string) => string): string;
}

/** Spans and depths of slot `slot`, as expressions of `lane`, and whether they are the same in all slots. */
interface Slots {
  readonly count: number;
  readonly span: (slot: number) => string;
  readonly depth: (slot: number) => string;
  readonly isOneSpan: boolean;
  readonly isOneDepth: boolean;
  /** Whether there are more slots than groups. */
  readonly isExcessive: boolean;
  readonly index: (slot: number) => string;
}

function slotsOf(memory: TileMemory, invocations: number): Slots {
  const groups = memory[memory.along] / 4;
  const count = Math.ceil(groupsOf(memory) / invocations);
  const isAligned = invocations % groups === 0;
  const index = (slot: number): string => (slot === 0 ? "lane" : `(lane + ${slot * invocations}u)`);
  const along = (slot: number): string => `${isAligned ? "lane" : index(slot)} % ${groups}u * 4u`;
  const across = (slot: number): string =>
    isAligned ? `(lane / ${groups}u + ${(slot * invocations) / groups}u)` : `(${index(slot)} / ${groups}u)`;
  return {
    count,
    ...(memory.along === "span" ? { span: along, depth: across } : { span: across, depth: along }),
    isOneSpan: isAligned && memory.along === "span",
    isOneDepth: isAligned && memory.along === "depth",
    isExcessive: count * invocations > groupsOf(memory),
    index,
  };
}

/** `placeOf` says where a group is put, given u32 expressions of its first span and depth. */
export function tileFetch(
  { side }: Loader,
  memory: TileMemory,
  invocations: number,
  firstSpan: string,
  placeOf: (span: string, depth: string) => string = (span, depth) => groupPlace(memory, span, depth),
): TileFetch {
  const slots = slotsOf(memory, invocations);
  const all = range(slots.count);
  const spans = slots.isOneSpan ? [0] : all;
  const depths = slots.isOneDepth ? [0] : all;
  const spanOf = (slot: number): string => `span_${side}_${slots.isOneSpan ? 0 : slot}`;
  const depthOf = (slot: number): string => `depth_${side}_${slots.isOneDepth ? 0 : slot}`;
  const next = (slot: number): string => `next_${side}_${slot}`;
  const guarded = (slot: number, statement: string): string =>
    slots.isExcessive && slot === slots.count - 1
      ? `if (${slots.index(slot)} < ${groupsOf(memory)}u) { ${statement} }`
      : statement;
  return {
    prepare: [
      ...spans.map((slot) => `  let span_${side}_${slot} = span_${side}(matrix, ${firstSpan} + ${slots.span(slot)});`),
      ...all.map((slot) => {
        const place = placeOf(`(${slots.span(slot)})`, `(${slots.depth(slot)})`);
        return `  let put_${side}_${slot} = ${place};`;
      }),
    ].join("\n"),
    declare: all.map((slot) => `  var ${next(slot)} = Group();`).join("\n"),
    fetch: (depth) =>
      [
        ...depths.map((slot) => `let depth_${side}_${slot} = depth_${side}(matrix, ${depth} + ${slots.depth(slot)});`),
        ...all.map((slot) => guarded(slot, `${next(slot)} = fetch_${side}(${spanOf(slot)}, ${depthOf(slot)});`)),
      ]
        .map((line) => `    ${line}`)
        .join("\n"),
    put: (place) => all.map((slot) => `    ${guarded(slot, place(`put_${side}_${slot}`, next(slot)))}`).join("\n"),
  };
}
