// What the text of a command-line option may be.
import { z } from "zod";

/** A whole number from `minimum` to `maximum`, in digits. */
export function wholeNumber(minimum: number, maximum: number): z.ZodType<number> {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    return refuse(context, `a whole number from ${minimum} to ${maximum}`, text);
  });
}

/** A number above 0, at most `maximum`, such as 0.01 or 1e-3. */
export function positiveNumber(maximum: number): z.ZodType<number> {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (text.trim() !== "" && value > 0 && value <= maximum) return value;
    return refuse(context, `a number above 0 and at most ${maximum}`, text);
  });
}

/** One of the known names. */
export function oneOf<T extends string>(known: readonly T[]): z.ZodType<T> {
  return z.string().transform((text, context) => {
    const found = known.find((name) => name === text);
    return found ?? refuse(context, known.length === 1 ? `${known[0]}` : `one of ${known.join(", ")}`, text);
  });
}

/** Some text. */
export function nonEmpty(what: string): z.ZodType<string> {
  return z.string().transform((text, context) => (text === "" ? refuse(context, what, text) : text));
}

function refuse(context: z.core.$RefinementCtx, expected: string, found: string): never {
  context.addIssue({ code: "custom", message: `expected ${expected}, found "${found}"` });
  return z.NEVER;
}
