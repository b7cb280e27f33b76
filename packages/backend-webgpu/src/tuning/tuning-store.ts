// The tuning records that this process knows, and the file that it shares with others.
import type { Host } from "../adapter/host.ts";
import { formatTuningFile, parseTuningFile, type TuningRecord } from "./tuning-record.ts";

export type TuningFiles = Pick<Host, "readText" | "writeText">;

export class TuningStore {
  readonly #path: string | undefined;
  readonly #files: TuningFiles;
  readonly #warn: (message: string) => void;
  readonly #records = new Map<string, TuningRecord>();
  #reading: Promise<void> | undefined;

  /** Without a path nothing outlives the process. What goes wrong with the file is told to `warn`, and nothing else. */
  constructor(path: string | undefined, files: TuningFiles, warn: (message: string) => void) {
    this.#path = path;
    this.#files = files;
    this.#warn = warn;
  }

  async find(key: string): Promise<TuningRecord | undefined> {
    this.#reading ??= this.#read();
    await this.#reading;
    return this.#records.get(key);
  }

  add(record: TuningRecord): void {
    this.#records.set(record.key, record);
  }

  /** Writes what is known beside what other processes wrote since. */
  async save(): Promise<void> {
    if (this.#path === undefined) return;
    await this.#read();
    try {
      await this.#files.writeText(this.#path, formatTuningFile([...this.#records.values()]));
    } catch (error) {
      this.#warn(`tuning is not remembered: ${this.#path} cannot be written (${String(error)})`);
    }
  }

  /** What this process measured itself counts more. */
  async #read(): Promise<void> {
    if (this.#path === undefined) return;
    try {
      const text = await this.#files.readText(this.#path);
      if (text === undefined) return;
      const records = parseTuningFile(text);
      if (records === undefined) this.#warn(`${this.#path} is not a tuning file of this version: it is ignored`);
      for (const record of records ?? []) {
        if (!this.#records.has(record.key)) this.#records.set(record.key, record);
      }
    } catch (error) {
      this.#warn(`${this.#path} cannot be read: ${String(error)}`);
    }
  }
}
