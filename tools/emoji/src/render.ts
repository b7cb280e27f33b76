// An icon as 64x64 RGB bytes on white.
import { getIconData, iconToHTML, iconToSVG } from "@iconify/utils";
import sharp from "sharp";
import type { IconSet } from "./icon-sets.ts";

export const TILE_SIDE = 64;

/** Rasterises with the librsvg that sharp brings, so that its version decides each byte. */
export async function renderIcon(set: IconSet, name: string): Promise<Uint8Array> {
  const data = getIconData(set.icons, name);
  if (data === null) throw new Error(`${set.icons.prefix} has no icon ${name}`);
  const { attributes, body } = iconToSVG(data);
  const svg = iconToHTML(body, { ...attributes, width: String(TILE_SIDE), height: String(TILE_SIDE) });
  const { data: pixels, info } = await sharp(Buffer.from(svg))
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== TILE_SIDE || info.height !== TILE_SIDE || info.channels !== 3) {
    throw new Error(
      `${set.icons.prefix} ${name}: expected ${TILE_SIDE}x${TILE_SIDE}x3, found ${info.width}x${info.height}x${info.channels}`,
    );
  }
  return pixels;
}
