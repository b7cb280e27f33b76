// The list of emoji, from emoji-datasource.
import { createRequire } from "node:module";
import { z } from "zod";

export interface Emoji {
  /** In hexadecimal, joined by "-". */
  readonly codePoints: string;
  readonly name: string;
  readonly shortNames: readonly string[];
  /** Unicode's "category/subcategory". */
  readonly subcategory: string;
  readonly order: number;
}

const require = createRequire(import.meta.url);

/** Flags are drawn by countries, and components are no pictures of anything. */
const LEFT_OUT: readonly string[] = ["Flags", "Component"];

const recordsSchema = z.array(
  z.object({
    unified: z.string(),
    name: z.string(),
    short_names: z.array(z.string()),
    category: z.string(),
    subcategory: z.string(),
    sort_order: z.number(),
  }),
);

/** All emoji in Unicode's order, without skin tone variants. */
export function loadEmoji(): Emoji[] {
  const records = recordsSchema.parse(require("emoji-datasource/emoji.json"));
  return records
    .filter(({ category }) => !LEFT_OUT.includes(category))
    .map((record) => ({
      codePoints: record.unified,
      name: record.name.toLowerCase(),
      shortNames: record.short_names,
      subcategory: `${record.category}/${record.subcategory}`,
      order: record.sort_order,
    }))
    .sort((a, b) => a.order - b.order);
}
