// The worker that seals and opens media frames: the same WebAssembly as the page, which starts it with the places of its
// module and of its code.
const { module, code } = Object.fromEntries(new URLSearchParams(location.search));
const early = [];
const keep = (event) => early.push(event);
self.addEventListener("rtctransform", keep);
self.addEventListener("message", keep);
const { default: init, work } = await import(module);
await init({ module_or_path: code });
self.removeEventListener("rtctransform", keep);
self.removeEventListener("message", keep);
work(early);
