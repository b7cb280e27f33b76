// How the archive is compressed: by xz where the system has it, else by the gzip of Node.
import { spawn, spawnSync } from "node:child_process";
import { Duplex } from "node:stream";
import { createGzip } from "node:zlib";
import { UsageError } from "@tandem/core";

export interface Compression {
  /** Of the archive's name. */
  readonly suffix: ".tar.xz" | ".tar.gz";
  /** A line for the user, where it is not what it should be. */
  readonly warning?: string;
  /** Takes the archive's bytes and gives fewer. It fails where the program it stands for fails. */
  open(): Duplex;
}

/** Of xz: from 0, which is fast, to 9. The default packs Node and Dawn to under a third. */
export const DEFAULT_PRESET = 6;

/**
 * What the name of the archive asks for, or the best there is. Throws UsageError for a name that asks for something else, and where
 * xz is asked for and missing.
 */
export function chooseCompression(out: string | undefined, preset: number, xz = "xz"): Compression {
  const hasXz = spawnSync(xz, ["--version"]).status === 0;
  if (out?.endsWith(".tar.gz")) return gzip;
  if (out?.endsWith(".tar.xz") && !hasXz) {
    throw new UsageError(`${out} asks for xz, which is not installed`, {
      hint: "apt install xz-utils, or a name that ends in .tar.gz",
    });
  }
  if (out !== undefined && !out.endsWith(".tar.xz")) {
    throw new UsageError(`"${out}" is no name for the archive`, { hint: "let it end in .tar.xz or .tar.gz" });
  }
  if (hasXz) return { suffix: ".tar.xz", open: () => programStream(xz, xzArguments(preset)) };
  return { ...gzip, warning: "xz is not installed: packed with gzip, which takes a third more (apt install xz-utils)" };
}

const gzip: Compression = { suffix: ".tar.gz", open: () => createGzip({ level: 9 }) };

/** Most of the archive is code for x86-64, whose jumps compress better when the filter has made them absolute. */
function xzArguments(preset: number): readonly string[] {
  return ["--threads=0", "--x86", `--lzma2=preset=${preset}`, "--stdout"];
}

/** Exported for its test. A program that reads its standard input and writes its standard output. */
export function programStream(command: string, words: readonly string[]): Duplex {
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.once("error", (error) => stream.destroy(error));
  child.once("close", (code) => {
    if (code !== 0) stream.destroy(new Error(`${command} ended with code ${code}`));
  });
  stream.once("close", () => child.kill());
  return stream;
}
