// The line between the office, where the server is, and a guest in a network of their own. scripts/weak-line makes it.

import { execFileSync } from "node:child_process";
import { startServer, type Server } from "../fixtures/server.ts";

const { VERANDA_OFFICE: office, VERANDA_GUEST: guest, VERANDA_LINE_ADDRESS: address, VERANDA_LINE_PORT: port } = process.env as Record<string, string>;

/** The network that the guest is in, and the port of the server's media. */
export { guest as namespace, port };

/** A server in the office, which the guest's line leads to. */
export function serverOnLine(settings: Record<string, string> = {}): Promise<Server> {
    return startServer({ ...settings, VERANDA__SERVER__ADDRESS: `${address}:0`, VERANDA__MEDIA__ADDRESSES: address!, VERANDA__MEDIA__PORT: port! });
}

export function inOffice(...command: string[]): string {
    return inNamespace(office!, ...command);
}

export function atGuest(...command: string[]): string {
    return inNamespace(guest!, ...command);
}

function inNamespace(space: string, ...command: string[]): string {
    return execFileSync("ip", ["netns", "exec", space, ...command], { encoding: "utf8" });
}

/** No way between browsers: the call has to go by way of the server. */
export function onlyByServer(): void {
    inOffice("nft", "flush chain inet line input");
    inOffice("nft", `add rule inet line input iifname line udp dport != ${port} drop`);
}

/** Makes the line to the guest so: so many of a hundred packets are lost on it, and it carries so many kbit/s, with a queue of 200 ms. */
export function line({ loss, rate }: { loss?: number; rate?: number }): void {
    inOffice("nft", "flush chain inet line output");
    if (loss) inOffice("nft", `add rule inet line output oifname line udp sport ${port} numgen random mod 100 < ${loss} drop`);
    inOffice("tc", "qdisc", "replace", "dev", "line", "root", ...(rate ? ["tbf", "rate", `${rate}kbit`, "burst", "16kb", "latency", "200ms"] : ["pfifo"]));
}
