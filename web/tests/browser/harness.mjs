// What the browser tests share: a real Chromium on the real server, and what must hold on every page whatever a test looks
// at: nothing is loaded from elsewhere, the page's policy is not violated, and no script fails.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { CIVITAS_URL: BASE, CIVITAS_SCREENSHOTS: SHOTS } = process.env;
const CHROMIUM = process.env.CIVITAS_CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long anything on a page may take before the test is taken to hang. */
export const WAIT_MS = 60_000;
export const base = BASE;

/**
 * Runs a test in a browser of its own. `told` are the console errors that belong to it: the browser itself notes every
 * request that is refused or fails.
 */
export async function inBrowser(test, { told = [], ...options } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "civitas-browser-"));
  const browser = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM, args: ARGS, viewport: { width: 1440, height: 900 }, colorScheme: "light", ...options,
  });
  const page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(WAIT_MS);
  const wrong = guard(page, told);
  try {
    await test(page);
    assert.deepEqual(wrong, []);
  } catch (error) {
    if (SHOTS) await page.screenshot({ path: join(SHOTS, "failed.png") }).catch(() => undefined);
    throw error;
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Collects what must not happen. */
function guard(page, told) {
  const wrong = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(BASE).origin && protocol !== "data:" && protocol !== "blob:") wrong.push(`loads ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`a script failed: ${error.name} ${error.message} ${error.stack}`));
  page.on("console", (message) => {
    const text = message.text();
    // A run that has only just been started has no telemetry for a moment; the page asks again.
    if (message.location().url.includes("/api/v1/telemetry/") && text.includes("404")) return;
    if (message.type() === "error" && !told.some((known) => text.includes(known))) wrong.push(`console: ${text} ${message.location().url}`);
  });
  page.on("response", async (response) => {
    if (response.url() === `${BASE}/` && !response.headers()["content-security-policy"]) wrong.push("the page has no policy");
  });
  return wrong;
}

/** Opens a place of the page. */
export async function open(page, hash = "") {
  await page.goto(`${BASE}/${hash}`);
  await page.locator("main").waitFor();
}

/** Keeps a picture of the page as it is: the whole of it, or what a window shows of a long one. */
export async function shot(page, name, fullPage = true) {
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage });
}

/** Checks the page with axe: nothing serious, nothing critical. axe comes in by the debugger, which no policy binds. */
export async function accessible(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const said = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ""}`).join(" | ")}`);
  assert.deepEqual(said, [], `accessibility of ${where}`);
}

/** Checks that the page is not wider than its window. */
export async function fits(page, where) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${where} is ${wide} wide in a window of ${window}`);
}

/** Asks the API as a script would; gives the JSON. */
export async function api(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (process.env.CIVITAS_KEY) headers.Authorization = `Bearer ${process.env.CIVITAS_KEY}`;
  const answer = await fetch(`${BASE}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const json = await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(json)}`);
  return json;
}

export const PROJECT = "0190a5b2-7c1e-7f3a-9b51-3d2f6c8e4a10";

/** Creates a run, starts it, and waits until it has ended. */
export async function ended(name, config, more = {}) {
  const { id } = await launched(name, config, more);
  for (;;) {
    const run = await api("GET", `/runs/${id}`);
    if (["succeeded", "failed", "cancelled"].includes(run.status)) return run;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Creates a run and starts it. */
export async function launched(name, config, more = {}) {
  const run = await api("POST", "/runs", { project_id: PROJECT, name, config, ...more });
  await api("POST", `/runs/${run.id}/start`);
  return run;
}

/** Tells the test around this one something, and waits until it has done it. */
export async function tell(word) {
  process.stdout.write(`${word}\n`);
  const answers = createInterface({ input: process.stdin });
  const answer = await new Promise((done) => answers.once("line", done));
  // Neither the reader nor its stream may keep this process from its end.
  answers.close();
  process.stdin.unref();
  assert.equal(answer, "done");
}

/** The colours of the map's regions. */
export async function colours(page) {
  return page.locator("path.region").evaluateAll((paths) => paths.map((path) => path.getAttribute("fill")));
}
