// Shaders that differ only in whole numbers become one shader whose numbers are uniforms, which compiles once.
import type { Dispatch } from "./dispatch.ts";

/** As many uniforms as a dispatch may have. */
const MOST_NUMBERS = 64;

/** A whole number that no name, fraction or hexadecimal number is a part of. */
const NUMBER = /(?<![\w.])(\d+)(u?)(?![\w.])/g;

/** Lines in which WGSL wants numbers that are known when the shader is compiled. */
const DECLARATION = /^\s*(?:@|enable|const|alias|struct|var<)/;

/** The same dispatches, in the same order. Dispatches that have uniforms stay as they are. */
export function withSharedText(dispatches: readonly Dispatch[]): readonly Dispatch[] {
  const groups = new Map<string, Dispatch[]>();
  for (const dispatch of dispatches) {
    if (dispatch.uniforms !== undefined) continue;
    const skeleton = skeletonOf(dispatch.wgsl);
    const group = groups.get(skeleton) ?? [];
    groups.set(skeleton, group);
    group.push(dispatch);
  }
  const shared = new Map<Dispatch, Dispatch>();
  for (const group of groups.values()) {
    const members = shareWithin(group).values();
    for (const own of group) shared.set(own, members.next().value ?? own);
  }
  return dispatches.map((dispatch) => shared.get(dispatch) ?? dispatch);
}

function skeletonOf(wgsl: string): string {
  return replaceNumbers(wgsl, (_, __, suffix) => `#${suffix}`);
}

/** Replaces the numbers outside of declarations, which are counted from 0. */
function replaceNumbers(wgsl: string, replace: (index: number, digits: string, suffix: string) => string): string {
  let index = 0;
  const inLine = (line: string): string =>
    DECLARATION.test(line)
      ? line
      : line.replace(NUMBER, (_, digits: string, suffix: string) => replace(index++, digits, suffix));
  return wgsl.split("\n").map(inLine).join("\n");
}

function numbersOf(wgsl: string): readonly number[] {
  const numbers: number[] = [];
  replaceNumbers(wgsl, (_, digits) => {
    numbers.push(Number(digits));
    return digits;
  });
  return numbers;
}

/** Dispatches of one skeleton. */
function shareWithin(group: readonly Dispatch[]): readonly Dispatch[] {
  const [first, ...others] = group;
  if (first === undefined || others.length === 0) return group;
  const numbers = group.map(({ wgsl }) => numbersOf(wgsl));
  const [ofFirst = []] = numbers;
  const varying = ofFirst.flatMap((number, index) => (numbers.some((own) => own[index] !== number) ? [index] : []));
  if (varying.length === 0 || varying.length > MOST_NUMBERS) return group;
  const places = new Map(varying.map((position, word) => [position, word]));
  const body = replaceNumbers(first.wgsl, (index, digits, suffix) => {
    const word = places.get(index);
    if (word === undefined) return `${digits}${suffix}`;
    return suffix === "u" ? `numbers.n${word}` : `i32(numbers.n${word})`;
  });
  const members = varying.map((_, word) => `n${word}: u32`).join(", ");
  const wgsl = `${body}
struct Numbers { ${members} }
@group(1) @binding(0) var<uniform> numbers: Numbers;`;
  return group.map((dispatch, member) => ({
    ...dispatch,
    wgsl,
    uniforms: varying.map((position) => numbers[member]?.[position] ?? 0),
  }));
}
