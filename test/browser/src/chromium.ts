// The Chromium, or Chrome, of this machine.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const places = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** Throws, saying what to install, where there is none. */
export function openChromium(): Promise<Browser> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...places];
  const executablePath = [process.env.CHROME_PATH, ...candidates].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (executablePath === undefined) {
    throw new Error("no Chromium was found: install it (apt-get install chromium), or set CHROME_PATH to a Chrome");
  }
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--enable-unsafe-webgpu"] });
}
