// Whether every file of the archive is here as it was packed.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Finding } from "../finding.ts";
import { MANIFEST_FILE, type Manifest, manifestSchema } from "../manifest.ts";

const MOST_NAMED = 5;

export async function checkFiles(folder: string): Promise<Finding> {
  const subject = "files";
  const manifest = await readManifest(folder);
  if (manifest === undefined) {
    const text = `${MANIFEST_FILE} is missing or damaged in ${folder}: unpack the archive again`;
    return { state: "wrong", subject, text };
  }
  const problems: string[] = [];
  const files = Object.entries(manifest.files);
  for (const [path, { hash }] of files) {
    const found = await hashOf(join(folder, path));
    if (found === undefined) problems.push(`${path} is missing`);
    else if (found !== hash) problems.push(`${path} is not what was packed`);
  }
  if (problems.length === 0) return { state: "fine", subject, text: `all ${files.length} as they were packed` };
  const rest = problems.length - MOST_NAMED;
  const named = problems.slice(0, MOST_NAMED).join("\n") + (rest > 0 ? `\nand ${rest} more` : "");
  return { state: "wrong", subject, text: `${named}\nunpack the archive again` };
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, MANIFEST_FILE), "utf8")));
  } catch {
    return undefined;
  }
}

async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  } catch {
    return undefined;
  }
}
