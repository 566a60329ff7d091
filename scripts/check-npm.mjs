// Judges the packages of npm, which serve tests and building alone and are in nothing that is deployed: each with a checksum, and under a licence that deny.toml allows
// or that is named here.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const allowed = new Set(
    readFileSync(join(ROOT, "deny.toml"), "utf8")
        .match(/^allow = \[(.*)\]$/m)[1]
        .match(/[^", ]+/g),
);
// What is not part of anything that we give to others asks nothing of us: also not MPL-2.0, as axe-core has it.
for (const name of ["0BSD", "BSD-2-Clause", "BlueOak-1.0.0", "CC-BY-4.0", "MPL-2.0", "Python-2.0"]) allowed.add(name);

// Their manifest names none; the text beside it does.
const named = new Map([["xmlhttprequest-ssl", "MIT"]]);

const isAllowed = (expression) =>
    expression
        .replaceAll(/[()]/g, "")
        .split(/ OR /)
        .some((choice) => choice.split(/ AND /).every((name) => allowed.has(name.trim())));

let wrong = 0;
for (const lock of ["end2end/package-lock.json", "bench/peers/package-lock.json"]) {
    const { packages } = JSON.parse(readFileSync(join(ROOT, lock), "utf8"));
    for (const [path, { license, integrity, link }] of Object.entries(packages)) {
        if (path === "" || link) continue;
        const said = license ?? named.get(path.split("node_modules/").at(-1));
        const complaint = !integrity ? "has no checksum" : !said || !isAllowed(said) ? `is under '${said}'` : undefined;
        if (!complaint) continue;
        console.error(`${lock}: ${path} ${complaint}`);
        wrong++;
    }
}
process.exit(wrong > 0 ? 1 : 0);
