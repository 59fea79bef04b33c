// Light or dark: as the system says, or as the user chose here. Charts read their colours from the page's styles, so they are told when these change.
import { signal } from "@preact/signals";

const NAME = "civitas.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): boolean | null {
  const stored = localStorage.getItem(NAME);
  return stored === null ? null : stored === "dark";
}

/** True while the page is dark. */
export const dark = signal(chosen() ?? system.matches);

dark.subscribe((now) => {
  document.documentElement.dataset.theme = now ? "dark" : "light";
});

system.addEventListener("change", () => {
  dark.value = chosen() ?? system.matches;
});

/** Changes between light and dark, and keeps the choice in this browser. */
export function toggleTheme(): void {
  dark.value = !dark.value;
  localStorage.setItem(NAME, dark.value ? "dark" : "light");
}

/** A colour of the page's styles, by the name of its variable. */
export function styleColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The colour of line number `index`, told apart by people who see few colours too. */
export function lineColour(index: number): string {
  return styleColour(`--line-${index % 8}`);
}
