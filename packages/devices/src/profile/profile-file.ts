// TANDEM_PROFILE: what was measured of devices and transfers, kept until the devices are closed and then written to a file.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { SegmentProfile, TransferProfile, TransferWatch } from "@tandem/core";
import { type DeviceEnvironment, given } from "../choice/environment.ts";
import { chromeTrace } from "./chrome-trace.ts";

const DEFAULT_NAME = "trace.json";
/** About 300 MB of text. */
const MOST_TIMINGS = 1_000_000;

/** The file that the environment asks for. */
export function profilePath(environment: DeviceEnvironment): string | undefined {
  const request = given(environment.TANDEM_PROFILE);
  if (request === undefined || request === "0") return undefined;
  return resolve(environment.INIT_CWD ?? "", request === "1" ? DEFAULT_NAME : request);
}

export class ProfileRecorder {
  readonly #path: string;
  readonly #profiles: SegmentProfile[] = [];
  readonly #transfers: TransferProfile[] = [];
  #timings = 0;
  #dropped = 0;

  constructor(path: string) {
    this.#path = path;
  }

  readonly record = (profile: SegmentProfile): void => {
    if (this.#hasRoomFor(profile.timings.length)) this.#profiles.push(profile);
  };

  readonly transferWatch: TransferWatch = {
    now: () => performance.timeOrigin + performance.now(),
    record: (transfer) => {
      if (this.#hasRoomFor(1)) this.#transfers.push(transfer);
    },
  };

  /** Resolves to a line for the user. */
  async write(deviceNames: readonly string[]): Promise<string> {
    await writeFile(this.#path, JSON.stringify(chromeTrace(this.#profiles, this.#transfers, deviceNames)));
    const what =
      this.#timings === 0
        ? "nothing was measured: only wasm devices measure, and webgpu devices whose adapter has timestamps"
        : `${this.#timings} steps of threads and transfers${this.#dropped === 0 ? "" : `; ${this.#dropped} segments and transfers after them were left out`}`;
    return `Profile: ${this.#path} (${what}; https://ui.perfetto.dev opens it)`;
  }

  #hasRoomFor(timings: number): boolean {
    const hasRoom = this.#timings + timings <= MOST_TIMINGS;
    if (hasRoom) this.#timings += timings;
    else this.#dropped += 1;
    return hasRoom;
  }
}
