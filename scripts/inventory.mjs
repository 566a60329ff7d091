#!/usr/bin/env node
// Says what the program, the page and its worker are made of, from Cargo.lock and the sources that cargo has fetched: target/inventory/veranda.cdx.json (CycloneDX
// 1.6, a bill of materials for programs) and LICENSES.txt (the texts that have to come along). Run it by way of scripts/with-tools. Equal locks give
// equal files. No package from npm is in what is deployed.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const OUT = join(ROOT, process.argv[2] ?? "target/inventory");

/** What is deployed, and for what it is compiled. */
const WASM = "wasm32-unknown-unknown";
const DEPLOYED = [
    ["server", []],
    ["frontend", ["--target", WASM]],
    ["worker", ["--target", WASM]],
    ["device-recorder", ["--target", WASM]],
];

const cargo = (...words) => execFileSync("cargo", [...words, "--locked"], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });

/** Name and version of everything that is compiled into one of them; what only compiles is not inside. */
function inside(crate, words) {
    const tree = cargo("tree", "--package", crate, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}", ...words);
    return tree.split("\n").flatMap((line) => line.match(/^(\S+) v(\S+)/)?.slice(1, 3).join("@") ?? []);
}

const within = new Map(DEPLOYED.map(([crate, words]) => [crate, new Set(inside(crate, words))]));
const metadata = JSON.parse(cargo("metadata", "--format-version", "1"));
const key = ({ name, version }) => `${name}@${version}`;
const purl = ({ name, version }) => `pkg:cargo/${name}@${version}`;
const isInside = (one) => [...within.values()].some((crates) => crates.has(key(one)));
const packages = metadata.packages.filter(isInside).sort((one, other) => (key(one) < key(other) ? -1 : 1));
const foreign = packages.filter(({ source }) => source !== null);
const checksums = new Map(
    readFileSync(join(ROOT, "Cargo.lock"), "utf8")
        .split("[[package]]")
        .map((entry) => ["name", "version", "checksum"].map((field) => entry.match(new RegExp(`^${field} = "(.*)"$`, "m"))?.[1]))
        .map(([name, version, checksum]) => [`${name}@${version}`, checksum]),
);

const TEXTS = /^(licen[cs]e|copying|notice|unlicense|copyright|patents)([-_. ].*)?$/i;

/** The texts of a crate's licences; some bring none and name one only. */
function texts({ manifest_path, license_file }) {
    const folder = dirname(manifest_path);
    const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && TEXTS.test(entry.name));
    const paths = new Set(names.map(({ name }) => join(folder, name)).sort());
    if (license_file) paths.add(resolve(folder, license_file));
    return [...paths].map((path) => readFileSync(path, "utf8").replaceAll("\r\n", "\n").trim());
}

/** SPDX's words; some crates still write the slash of old. */
const expression = ({ license }) => license?.replaceAll("/", " OR ").replaceAll(/ {2,}/g, " ");

function component(one) {
    const checksum = checksums.get(key(one));
    const links = [one.repository && { type: "vcs", url: one.repository }, one.homepage && { type: "website", url: one.homepage }];
    const parts = [...within].filter(([, crates]) => crates.has(key(one))).map(([crate]) => crate);
    return {
        type: "library",
        "bom-ref": purl(one),
        name: one.name,
        version: one.version,
        licenses: expression(one) ? [{ expression: expression(one) }] : [{ license: { name: "see LICENSES.txt" } }],
        ...(checksum ? { hashes: [{ alg: "SHA-256", content: checksum }] } : {}),
        purl: purl(one),
        externalReferences: links.filter(Boolean),
        properties: parts.map((part) => ({ name: "veranda:part", value: part })),
    };
}

const byId = new Map(metadata.packages.map((one) => [one.id, one]));
function dependencies() {
    return metadata.resolve.nodes
        .filter(({ id }) => isInside(byId.get(id)))
        .map(({ id, deps }) => ({
            ref: purl(byId.get(id)),
            dependsOn: [...new Set(deps.map(({ pkg }) => byId.get(pkg)).filter(isInside).map(purl))].sort(),
        }))
        .sort((one, other) => (one.ref < other.ref ? -1 : 1));
}

const server = packages.find(({ name }) => name === "server");
const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
        lifecycles: [{ phase: "build" }],
        component: { type: "application", "bom-ref": "veranda", name: "veranda", version: server.version, licenses: [{ expression: server.license }] },
    },
    components: packages.map(component),
    dependencies: [{ ref: "veranda", dependsOn: DEPLOYED.map(([crate]) => purl(packages.find(({ name }) => name === crate))).sort() }, ...dependencies()],
};

const using = new Map();
const without = [];
for (const one of foreign) {
    const found = texts(one);
    if (found.length === 0) without.push(one);
    for (const text of found) using.set(text, [...(using.get(text) ?? []), one]);
}
const named = (list) => list.map((one) => `${one.name} ${one.version} (${expression(one) ?? "as below"})`).join("\n");
const RULE = "=".repeat(100);
const head = `What Veranda ${server.version} is made of besides its own code: ${foreign.length} crates. Each is used under the licence in brackets, or one of them.\nVeranda itself: ${server.license}.`;
const sections = [...using].map(([text, list]) => `${RULE}\n${named(list)}\n${RULE}\n\n${text}`);
const last = without.length > 0 ? [`${RULE}\nThese bring no text of their own with them; their licence's is above, with others of the same one:\n${named(without)}`] : [];

mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, "veranda.cdx.json"), `${JSON.stringify(bill, null, 1)}\n`);
writeFileSync(join(OUT, "LICENSES.txt"), `${[head, ...sections, ...last].join("\n\n")}\n`);
console.log(`${OUT}: ${packages.length} components, ${using.size} texts, ${without.length} crates without one`);
