// Puts what cargo-leptos writes in an order of its own each time into one order: the list of modules, and in the script that loads them the names of what
// the main module shares. What was compressed beforehand is compressed again.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const [list, script] = process.argv.slice(2);

const parts = Object.entries(JSON.parse(readFileSync(list, "utf8"))).map(([part, modules]) => [part, modules.sort()]);
writeFileSync(list, JSON.stringify(Object.fromEntries(parts.sort(([a], [b]) => (a < b ? -1 : 1)))));

const before = readFileSync(script, "utf8");
let found = 0;
const after = before.replaceAll(/(?<=\{ )(?:\w+, )+(?= \})/g, (names) => {
    found += 1;
    return `${names.match(/\w+/g).sort().join(", ")}, `;
});
// It is read from the main module, and handed on.
if (found !== 2) throw new Error(`${script} names what is shared ${found} times: does this version of cargo-leptos write it otherwise?`);
writeFileSync(script, after);
for (const [ending, compress] of [
    [".br", brotliCompressSync],
    [".gz", (text) => gzipSync(text, { level: 9 })],
]) {
    if (existsSync(script + ending)) writeFileSync(script + ending, compress(after));
}
