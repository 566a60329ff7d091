// The worker that records a call on this device. What happens before its WebAssembly is here is kept for it.
const early = [];
const keep = (event) => early.push(event);
self.addEventListener("message", keep);
const { default: init, work } = await import("./device_recorder.js");
await init();
self.removeEventListener("message", keep);
work(early);
