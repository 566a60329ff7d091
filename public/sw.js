// Shows rings while nobody looks at a page, takes to a page what is pressed on them, and shows those that are pushed where no page is open. It
// sees no request and keeps no page: it can grow old without a page noticing.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// One after another: what is taken away is there before.
let last = Promise.resolve();
function inTurn(event, act) {
    last = last.then(act).catch(() => {});
    event.waitUntil(last);
}

// What a page orders.
self.addEventListener("message", (event) => {
    const { show, close, words, take } = event.data;
    const page = event.source;
    inTurn(event, () => {
        if (show) return present(show, page.id);
        if (words) return keep("words", words);
        if (take) return handOver(page);
        return putAway(close);
    });
});

// Who looks at another page of Veranda has the ring before their eyes.
async function present({ ring, title, actions, stays }, page) {
    const pages = await self.clients.matchAll({ type: "window" });
    if (stays && pages.some((one) => one.id !== page && one.visibilityState === "visible")) return;
    const shown = { tag: ring, data: { page, ring, rings: stays }, icon: ICON, requireInteraction: stays, actions };
    await self.registration.showNotification(title, shown);
}

async function putAway(ring) {
    for (const notification of await shownOf(ring)) notification.close();
}

const shownOf = (ring) => self.registration.getNotifications({ tag: ring });

const ICON = "/icons/192.png";

// What the server pushes: `kind` is `ring`, `missed` or `over`, `caller` is an ID (server/src/push/message.rs).
self.addEventListener("push", (event) => inTurn(event, () => pushed(event.data?.json())));

async function pushed({ kind, ring, caller }) {
    const [before] = await shownOf(ring);
    const words = await kept("words").catch(() => {});
    if (kind === "ring") {
        // One that was said to be over is not said to ring, in whichever order a push service delivers.
        if (before && !before.data.rings) return;
        const actions = words ? [{ action: "answer", title: words.answer }, { action: "decline", title: words.decline }] : [];
        return say(words?.ringing, words, { ring, caller, rings: true }, { requireInteraction: true, actions });
    }
    // Browsers want to see something of each push, unless the person has the page before their eyes.
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (pages.some((page) => page.visibilityState === "visible")) return before?.close();
    // A page knows the caller's name, which no push says.
    const named = before && !before.data.rings ? before.title : undefined;
    if (kind === "missed") return say(named ?? words?.missed, words, { ring, caller, rings: false }, {});
    if (before && !before.data.rings) return;
    await say(words?.elsewhere, words, { ring, caller, rings: false }, { silent: true });
    // Nothing of it was on the screen any more.
    if (!before) for (const shown of await shownOf(ring)) shown.close();
}

// Where no page has left any words, a name and a number say it in every language.
function say(text, words, data, options) {
    const title = text?.replace("{caller}", () => data.caller) ?? "Veranda";
    const body = text ? undefined : `☎ ${data.caller}`;
    const { language: lang, direction: dir } = words ?? {};
    return self.registration.showNotification(title, { tag: data.ring, data, icon: ICON, body, lang, dir, ...options });
}

self.addEventListener("notificationclick", (event) => {
    event.notification.close();
    const { page, ring, caller, rings } = event.notification.data;
    const { action } = event;
    event.waitUntil(page ? press(page, ring, action) : pressPushed(rings && action ? { ring, caller, action } : null));
});

// The page looks whether the ring still waits. Where it is gone, another one has the ring.
async function press(id, ring, action) {
    const page = await self.clients.get(id);
    if (!page) return self.clients.openWindow("/call");
    page.postMessage({ ring, action });
    if (action !== "decline") await page.focus();
}

// The page of direct calls has the ring as soon as the server has the page, or says that it was missed.
async function pressPushed(pressed) {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = pages.find(({ url }) => /^\/call(\/|$)/.test(new URL(url).pathname));
    if (page && pressed) page.postMessage(pressed);
    if (page) return page.focus();
    if (pressed) await keep("pressed", { ...pressed, at: Date.now() }).catch(() => {});
    return self.clients.openWindow("/call");
}

// A ring lasts half a minute.
const PRESSED_FOR = 30_000;

async function handOver(page) {
    const pressed = await kept("pressed");
    if (!pressed) return;
    await keep("pressed", undefined);
    const { at, ...message } = pressed;
    if (Date.now() - at < PRESSED_FOR) page.postMessage(message);
}

// The server learns of another subscription from a page: of those that are open at once, otherwise of the next.
self.addEventListener("pushsubscriptionchange", (event) => inTurn(event, () => resubscribe(event)));

async function resubscribe({ oldSubscription, newSubscription }) {
    const applicationServerKey = oldSubscription?.options?.applicationServerKey ?? (await kept("words"))?.key;
    if (!newSubscription && applicationServerKey) {
        await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }).catch(() => {});
    }
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    for (const page of pages) page.postMessage({ action: "resubscribed" });
}

// What outlives the worker: the words of the page that has subscribed, and what was pressed before a page was there.
const keep = (name, value) => inStore("readwrite", (store) => store.put(value, name));
const kept = (name) => inStore("readonly", (store) => store.get(name));

function inStore(mode, act) {
    return new Promise((done, failed) => {
        const opening = indexedDB.open("veranda.worker", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
        opening.onerror = () => failed(opening.error);
        opening.onsuccess = () => {
            const database = opening.result;
            const transaction = database.transaction("kept", mode);
            const asked = act(transaction.objectStore("kept"));
            transaction.oncomplete = () => done(asked.result);
            transaction.onabort = () => failed(transaction.error);
            transaction.addEventListener("complete", () => database.close());
        };
    });
}
