import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { ArchiveEntry } from "./archive-entry.ts";
import { chooseCompression, throughProgram } from "./compression.ts";
import { writeArchive } from "./write-archive.ts";

const run = promisify(execFile);
const gzip = chooseCompression("x.tar.gz", 6);
const folders: string[] = [];
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-archive-"));
  folders.push(folder);
});
afterAll(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

const cat = throughProgram("cat", []);

const text: ArchiveEntry = { kind: "text", path: "a/run", text: "echo 1\n", isExecutable: true };

describe("an archive", () => {
  test("unpacks to the files, texts and links that it was made of", async () => {
    const from = join(folder, "source");
    await writeFile(from, Buffer.alloc(300_000, 7));
    const link: ArchiveEntry = { kind: "link", path: "b/link", target: "../a/run" };
    const entries: ArchiveEntry[] = [text, { kind: "file", path: "b/data", from, isExecutable: false }, link];
    const path = join(folder, "deep", "x.tar.gz");
    const bytes = await writeArchive(path, "top", entries, gzip);
    expect(bytes).toBe((await stat(path)).size);
    await run("tar", ["xf", path, "-C", folder]);
    const top = join(folder, "top");
    expect(await readFile(join(top, "a/run"), "utf8")).toBe("echo 1\n");
    expect((await stat(join(top, "a/run"))).mode & 0o777).toBe(0o755);
    expect((await readFile(join(top, "b/data"))).equals(Buffer.alloc(300_000, 7))).toBe(true);
    expect(await readlink(join(top, "b/link"))).toBe("../a/run");
  });

  test("of the same entries has the same bytes", async () => {
    const paths = ["1.tar.gz", "2.tar.gz"].map((name) => join(folder, name));
    for (const path of paths) await writeArchive(path, "top", [text], gzip);
    const [first, second] = await Promise.all(paths.map((path) => readFile(path)));
    expect(first && second?.equals(first)).toBe(true);
  });
});

describe("an archive that cannot be written leaves the one before, and nothing beside it", () => {
  const gone: ArchiveEntry = { kind: "file", path: "gone", from: "/no/such/file", isExecutable: false };
  const many = Array.from({ length: 200 }, (_, index): ArchiveEntry => ({ ...text, path: `${index}` }));
  const failures: readonly (readonly [string, readonly ArchiveEntry[], Parameters<typeof writeArchive>[3], string])[] =
    [
      ["a file is gone", [text, gone], gzip, "no such file"],
      [
        "the compressor fails",
        many,
        { compress: throughProgram("sh", ["-c", "head -c 1000; exit 3"]) },
        "sh ended with code 3",
      ],
      ["there is no compressor", many, { compress: throughProgram("/no/such/xz", []) }, "/no/such/xz"],
      ["the disk is full", many, { compress: (source) => pipeline(source, createWriteStream("/dev/full")) }, "ENOSPC"],
      [
        "the disk is full for a compressor",
        many,
        { compress: (source) => cat(source, createWriteStream("/dev/full")) },
        "ENOSPC",
      ],
    ];
  test.each(failures)("%s", async (_, entries, compression, message) => {
    const path = join(folder, "x.tar.gz");
    await writeFile(path, "the one before");
    await expect(writeArchive(path, "top", entries, compression)).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(["x.tar.gz"]);
    expect(await readFile(path, "utf8")).toBe("the one before");
  });
});
