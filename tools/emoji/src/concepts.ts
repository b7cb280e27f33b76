// Which emoji show one thing, so that a split by concepts cannot put a man running into training and a woman running into the test.
const ADULT = "1F9D1";
const CHILD = "1F9D2";
const OLDER = "1F9D3";

/** The gendered forms of a person and the neutral one. */
const NEUTRAL = new Map([
  ["1F468", ADULT],
  ["1F469", ADULT],
  ["1F466", CHILD],
  ["1F467", CHILD],
  ["1F474", OLDER],
  ["1F475", OLDER],
]);

const JOINER = "200D";
/** The female and male signs and "facing right", which modify a person behind a joiner. */
const MODIFIERS = new Set(["2640", "2642", "27A1"]);

/** Code points with gender, direction and variation selectors taken off. */
export function neutralCodePoints(codePoints: string): string {
  return codePoints
    .split("-")
    .filter((point) => point !== "FE0F")
    .join("-")
    .split(`-${JOINER}-`)
    .filter((part, position) => position === 0 || !MODIFIERS.has(part))
    .map((part) => NEUTRAL.get(part) ?? part)
    .join(`-${JOINER}-`);
}

/**
 * Numbers 0 ... count - 1 in groups: two that share any key are in one group.
 *
 * @returns for each number, the smallest one of its group.
 */
export function groupBySharedKeys(keys: readonly (readonly string[])[]): number[] {
  const parent = keys.map((_, index) => index);
  const root = (index: number): number => {
    const above = parent[index] ?? index;
    return above === index ? index : root(above);
  };
  const firstWith = new Map<string, number>();
  keys.forEach((ownKeys, index) => {
    for (const key of ownKeys) {
      const a = root(index);
      const b = root(firstWith.get(key) ?? index);
      parent[Math.max(a, b)] = Math.min(a, b);
      firstWith.set(key, b);
    }
  });
  return parent.map((_, index) => root(index));
}
