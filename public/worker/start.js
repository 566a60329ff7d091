// The worker that seals and opens media frames. Its WebAssembly takes a moment, and what happens until then is kept for it.
const early = [];
const keep = (event) => early.push(event);
self.addEventListener("rtctransform", keep);
self.addEventListener("message", keep);
const code = fetch(new URL("./worker_bg.wasm", import.meta.url));
const { default: init, work } = await import("./worker.js");
await init({ module_or_path: code });
self.removeEventListener("rtctransform", keep);
self.removeEventListener("message", keep);
work(early);
