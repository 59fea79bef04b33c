// Keys in the hands of an administrator: one is made, works, is revoked, and works no more; others see their own alone.
import assert from "node:assert/strict";
import { accessible, api, base, inBrowser, open, shot } from "./harness.mjs";

const enter = async (page, key) => {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Enter" }).click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Keys" }).click();
  await page.locator("table.keys tbody tr").first().waitFor();
};
const status = async (key) => (await fetch(`${base}/api/v1/runs`, { headers: { Authorization: `Bearer ${key}` } })).status;

let made = "";
await inBrowser(async (page) => {
  await open(page);
  await enter(page, process.env.CIVITAS_KEY);
  await page.getByLabel("Tenant").fill("  visitors ");
  await page.getByRole("button", { name: "Make a key" }).click();
  made = await page.locator(".new-key").textContent();
  assert.match(made, /^civ_[0-9a-f]{64}$/);
  assert.equal(await status(made), 200, "it works at once");
  await page.locator("table.keys tbody tr", { hasText: "visitors" }).waitFor();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("The key is copied.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), made);
  await shot(page, "keys");
  await accessible(page, "the keys");
}, { told: ["401"] });

await inBrowser(async (page) => {
  await open(page);
  await enter(page, made);
  assert.equal(await page.locator("table.keys tbody tr").count(), 1, "a visitor sees the visitors' keys");
  assert.equal(await page.getByRole("button", { name: "Make a key" }).count(), 0);
}, { told: ["401"] });

await inBrowser(async (page) => {
  await open(page);
  await enter(page, process.env.CIVITAS_KEY);
  await page.getByRole("button", { name: /^Revoke key .* of visitors$/ }).click();
  await page.getByRole("button", { name: "Revoke the key" }).click();
  await page.getByText(/of visitors is revoked/).waitFor();
  assert.equal(await status(made), 401, "it is refused from now on");
  const { items } = await api("GET", "/keys");
  assert.equal(items.filter(({ revoked_at }) => revoked_at === null).length, 1);
}, { told: ["401"] });
