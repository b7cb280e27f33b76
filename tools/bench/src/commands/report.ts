// `pnpm bench report`: the last results as the tables of docs/performance.md.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "@tandem/core";
import { type BenchFile, benchFileSchema } from "../report/bench-file.ts";
import { replaceTables, reportTables } from "../report/markdown.ts";

/**
 * Reads every result in the folder, and replaces the document's tables. Resolves to a line for the user. What a software adapter took
 * stands in no table, since it says nothing of any GPU.
 */
export async function writeReport(folder: string, document: string): Promise<string> {
  const all = await readResults(folder);
  const results = all.filter(({ adapter }) => adapter?.isSoftware !== true);
  const left = all.length - results.length;
  const before = await readFile(document, "utf8").catch(() => "");
  await writeFile(document, replaceTables(before, reportTables(results)));
  return `${document} has the tables of ${results.length} results in ${folder}${left === 0 ? "" : `, without ${left} of software adapters`}`;
}

/** In the order of their names. Throws UsageError where there are none, or one is no result. */
async function readResults(folder: string): Promise<readonly BenchFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).toSorted();
  if (names.length === 0) {
    throw new UsageError(`there are no results in ${folder}`, { hint: "pnpm bench gemm leaves one there" });
  }
  return Promise.all(
    names.map(async (name) => {
      const parsed = benchFileSchema.safeParse(JSON.parse(await readFile(join(folder, name), "utf8")));
      if (parsed.success) return parsed.data;
      throw new UsageError(`${join(folder, name)} is not a result of pnpm bench: ${parsed.error.message}`, {
        hint: "delete it and measure again",
      });
    }),
  );
}
