// The worker that seals and opens media frames. Its WebAssembly takes a moment, and what happens until then is kept for it. What does not
// come is fetched again: a server may be away for a moment, and without this nothing is sent for as long as the call lasts.
const early = [];
const keep = (event) => early.push(event);
self.addEventListener("rtctransform", keep);
self.addEventListener("message", keep);
const [code] = await Promise.all([fetched("./worker_bg.wasm"), fetched("./worker.js")]);
const { default: init, work } = await import("./worker.js");
await init({ module_or_path: code });
self.removeEventListener("rtctransform", keep);
self.removeEventListener("message", keep);
work(early);

async function fetched(file) {
    for (let attempt = 1, pause = 500; ; attempt++, pause = Math.min(pause * 2, 8_000)) {
        try {
            const response = await fetch(new URL(file, import.meta.url));
            if (response.ok) return await response.arrayBuffer();
            throw new Error(`${file} was answered with ${response.status}`);
        } catch (error) {
            // The page says so, once it lasts.
            if (attempt === 3) reportError(error);
            await new Promise((go) => setTimeout(go, pause));
        }
    }
}
