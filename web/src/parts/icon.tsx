// The page's icons, drawn in a box of 16 by 16 with the colour of the text around them. They never stand for words that are
// not there: each has its text beside it or in its button's label.

const SHAPES = {
  alert: "M8 2 15 14H1zM8 6.5v3.5M8 12v.2",
  check: "m3 8.5 3.2 3.2L13 5",
  chevron: "m6 4 4 4-4 4",
  compare: "M2 12 6 7l3 2.5L14 4M2 8l4-4 3 6 5 1",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  fork: "M4.5 5.5v5M4.5 7.5c0 2 7 .5 7-2M4.5 2.5a1.5 1.5 0 1 0 .01 0M4.5 10.5a1.5 1.5 0 1 0 .01 0M11.5 2.5a1.5 1.5 0 1 0 .01 0",
  moon: "M13 9.8A5.5 5.5 0 0 1 6.2 3 5.5 5.5 0 1 0 13 9.8z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3v10l8-5z",
  plus: "M8 3v10M3 8h10",
  snapshot: "M2.5 5h2.6l1-1.8h3.8l1 1.8h2.6v8h-11zM8 11.2a2.4 2.4 0 1 0-.01 0",
  stop: "M4 4h8v8H4z",
  sun: "M8 5a3 3 0 1 0 .01 0M8 1.2v1.3M8 13.5v1.3M1.2 8h1.3M13.5 8h1.3M3.2 3.2l.9.9M11.9 11.9l.9.9M12.8 3.2l-.9.9M4.1 11.9l-.9.9",
  verify: "M8 1.5 13.5 4v4c0 3-2.3 5.4-5.5 6.5C4.8 13.4 2.5 11 2.5 8V4zM5.5 8l1.8 1.8 3.2-3.4",
} as const;

export type IconName = keyof typeof SHAPES;

/** An icon; screen readers pass over it. */
export function Icon({ name, large = false }: { name: IconName; large?: boolean }) {
  return (
    <svg class={large ? "icon large" : "icon"} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} fill={name === "play" || name === "stop" ? "currentColor" : "none"} />
    </svg>
  );
}
