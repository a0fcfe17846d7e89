// Unpacks the browser of @sparticuz/chromium, its libraries and a font, into the folder of this file.
import { createReadStream, createWriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";
import tar from "tar-fs";

const here = dirname(fileURLToPath(import.meta.url));
const packed = (name) => createReadStream(join(here, "node_modules/@sparticuz/chromium/bin", name));

await pipeline(
  packed("chromium.br"),
  createBrotliDecompress(),
  createWriteStream(join(here, "chromium"), { mode: 0o755 }),
);
for (const name of ["al2023.tar.br", "fonts.tar.br"]) {
  await pipeline(packed(name), createBrotliDecompress(), tar.extract(here));
}
