// The licences of what is bundled, as one file beside the page: their authors ask for it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

interface Package {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
}

const read = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;

/** Every package that the page's own package depends on, directly or not, by name. */
function bundled(root: string): Map<string, Package> {
  const found = new Map<string, Package>();
  const open = Object.keys(read(root).dependencies ?? {});
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const folder = join(root, "node_modules", name);
    if (found.has(name) || !existsSync(folder)) continue;
    found.set(name, read(folder));
    open.push(...Object.keys(found.get(name)?.dependencies ?? {}));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Writes `licences.txt` into the build. */
export function licences(root: string): Plugin {
  return {
    name: "licences",
    generateBundle() {
      const texts = [...bundled(root)].map(([name, { version }]) => {
        const folder = join(root, "node_modules", name);
        const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
        return `${name} ${version}\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : "No licence file."}\n`;
      });
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join(`\n${"-".repeat(80)}\n\n`) });
    },
  };
}
