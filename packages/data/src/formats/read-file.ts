// Reading files of a dataset with errors that say which one is missing.
import { readFile } from "node:fs/promises";
import { DatasetError } from "../errors.ts";

/** @throws DatasetError naming `file`, if it cannot be read; `hint` says how to get it. */
export async function readDatasetFile(file: string, hint: string): Promise<Buffer<ArrayBuffer>> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const found = code === "ENOENT" || code === "ENOTDIR" ? "no such file" : String((cause as Error).message);
    throw new DatasetError(`${file}: expected a file of the dataset, found ${found}`, { hint, cause });
  }
}
