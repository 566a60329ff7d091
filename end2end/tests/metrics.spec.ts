// What operators see: a real Prometheus with the files of deploy/ reads a server in which people call, and every query of the dashboard and of
// the alerts finds its series.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { startPrometheus, WATCHED } from "../fixtures/prometheus.ts";
import { createRoomWith, startServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const DEPLOY = resolve(import.meta.dirname, "../../deploy");

interface Panel {
    title: string;
    targets?: { expr: string }[];
}

/** Every query that operators have, with where it stands. */
function queries(): { where: string; expression: string }[] {
    const dashboard = JSON.parse(readFileSync(`${DEPLOY}/grafana/dashboards/veranda.json`, "utf8")) as { panels: Panel[] };
    const shown = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expression: expr })));
    const rules = parse(readFileSync(`${DEPLOY}/alerts.yml`, "utf8")) as { groups: { rules: { alert: string; expr: string }[] }[] };
    const alerts = rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => ({ where: alert, expression: expr })));
    expect(shown.length).toBeGreaterThan(50);
    expect(alerts.length).toBeGreaterThan(20);
    return [...shown, ...alerts].map(({ where, expression }) => ({
        where,
        // As Grafana fills it in.
        expression: expression.replaceAll("$instance", ".*").replaceAll("$__rate_interval", "1m"),
    }));
}

/** The series that a query asks for. Those of alerts are Prometheus' own, and there only while one sounds. */
function selectors(expression: string): string[] {
    return [...expression.matchAll(/\b((?:veranda|process)_\w+|up)(\{[^}]*\})?/g)].map(([selector]) => selector);
}

test("each query of operators finds its series while people call, and the figures are those of the call", async ({ somebody }) => {
    const server = await startServer(WATCHED);
    const secure = await startServer({ ...WATCHED, VERANDA__TLS__MODE: "self-signed" });
    const prometheus = await startPrometheus(server, secure);
    // With the third person the room moves to the server.
    const { link } = await createRoomWith(server, { mesh_limit: 2 });
    const calls = [];
    for (const name of ["Ada", "Bob", "Cleo"]) {
        const call = await somebody(name, link);
        await call.join();
        calls.push(call);
    }
    await calls[0]!.expectToSee(calls[2]!);
    await calls[2]!.expectToSee(calls[1]!);

    const value = async (expression: string): Promise<number> => Number((await prometheus.query(expression))[0]?.value[1] ?? NaN);
    await expect.poll(() => value('sum(veranda_rooms{path="sfu"})')).toBe(1);
    expect(await value('sum(veranda_participants{path="sfu"})')).toBe(3);
    expect(await value('sum(veranda_joins_total{how="join"})')).toBe(3);
    expect(await value('sum(veranda_migrations_total{to="sfu", stage="finished"})')).toBe(1);
    expect(await value('sum(veranda_migrations_total{to="sfu", stage="begun"})')).toBe(1);
    await expect.poll(() => value("sum(veranda_media_links)")).toBe(3);
    await expect.poll(() => value("sum(veranda_media_slots)")).toBeGreaterThanOrEqual(6);
    await expect.poll(() => value('sum(rate(veranda_media_packets_total{kind="forwarded"}[10s]))')).toBeGreaterThan(10);
    await expect.poll(() => value("sum(veranda_media_round_trip_seconds_count)")).toBeGreaterThan(10);
    // All are on one machine.
    expect(await value("histogram_quantile(0.5, sum by (le) (rate(veranda_media_round_trip_seconds_bucket[1m])))")).toBeLessThan(0.4);
    expect(await value("sum(veranda_media_datagrams_reported_total)")).toBeGreaterThan(100);

    for (const { where, expression } of queries()) {
        await prometheus.query(expression);
        const asked = selectors(expression);
        expect(asked.length + Number(expression.includes("ALERTS")), where).toBeGreaterThan(0);
        for (const selector of asked) expect(await prometheus.find(selector), `${where}: ${selector}`).toBeGreaterThan(0);
    }
    expect(await prometheus.alerts()).toEqual([]);

    // A shard that is started again is what somebody is to look at.
    server.panicMedia();
    await expect.poll(() => prometheus.alerts(), { timeout: 30_000 }).toContain("VerandaShardRestarted");
    await prometheus.stop();
    await secure.stop();
    await server.stop();
});
