// Shows rings while nobody looks at the page, and takes to it what is pressed on them. It sees no request and keeps nothing: it can grow old
// without a page noticing.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// One order after another: what is taken away is there before.
let last = Promise.resolve();
self.addEventListener("message", (event) => {
    const { show, close } = event.data;
    const page = event.source.id;
    last = last.then(() => (show ? present(show, page) : putAway(close))).catch(() => {});
    event.waitUntil(last);
});

// Who looks at another page of Veranda has the ring before their eyes.
async function present({ ring, title, actions, stays }, page) {
    const pages = await self.clients.matchAll({ type: "window" });
    if (stays && pages.some((one) => one.id !== page && one.visibilityState === "visible")) return;
    const shown = { tag: ring, data: { page, ring }, icon: "/icons/192.png", requireInteraction: stays, actions };
    await self.registration.showNotification(title, shown);
}

async function putAway(ring) {
    for (const notification of await self.registration.getNotifications({ tag: ring })) notification.close();
}

self.addEventListener("notificationclick", (event) => {
    event.notification.close();
    const { page, ring } = event.notification.data;
    event.waitUntil(press(page, ring, event.action));
});

// The page looks whether the ring still waits. Where it is gone, another one has the ring.
async function press(id, ring, action) {
    const page = await self.clients.get(id);
    if (!page) return self.clients.openWindow("/call");
    page.postMessage({ ring, action });
    if (action !== "decline") await page.focus();
}
