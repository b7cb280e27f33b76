// index.json of an embedded dataset: what its sheets hold. One sheet or picture a line, so that a change is a readable diff.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DatasetError } from "../errors.ts";
import { readDatasetFile } from "./read-file.ts";

const RESTORE = "restore the file from the repository: git checkout -- packages/data/embedded";

/** @throws DatasetError if the index is missing or does not fit `schema`. */
export async function readSheetIndex<Index>(folder: string, schema: z.ZodType<Index>): Promise<Index> {
  const file = join(folder, "index.json");
  const text = (await readDatasetFile(file, RESTORE)).toString("utf8");
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const found = cause instanceof z.ZodError ? z.prettifyError(cause) : `"${(cause as Error).message}"`;
    throw new DatasetError(`${file}: expected an index of sheets, found ${found}`, {
      hint: RESTORE,
      cause,
    });
  }
}

/** Writes the index: each property on a line of its own, each element of an array of objects too. */
export async function writeSheetIndex(folder: string, index: object): Promise<void> {
  const lines = Object.entries(index).map(([key, value]) => `  ${JSON.stringify(key)}: ${printProperty(value)}`);
  await writeFile(join(folder, "index.json"), `{\n${lines.join(",\n")}\n}\n`);
}

function printProperty(value: unknown): string {
  if (!Array.isArray(value) || typeof value[0] !== "object") return JSON.stringify(value);
  return `[\n${value.map((element) => `    ${JSON.stringify(element)}`).join(",\n")}\n  ]`;
}
