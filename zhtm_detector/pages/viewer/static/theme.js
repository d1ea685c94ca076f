// Light and dark: what the system prefers until the button is pressed.
import { useEffect, useState } from "preact/hooks";

const root = document.documentElement;
const preferred = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
const colours = new Map();

export function setTheme(name) {
  root.dataset.theme = name;
  colours.clear();
  for (const listener of listeners) listener(name);
}

// A colour of the style sheet.
export function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(root).getPropertyValue(`--${name}`).trim());
  return colours.get(name);
}

// The same as one number, in the order in which ImageData holds it.
export function pixel(name) {
  const key = `pixel ${name}`;
  if (!colours.has(key)) {
    const text = colour(name).slice(1);
    const [red, green, blue] = [0, 2, 4].map((from) => parseInt(text.slice(from, from + 2), 16));
    colours.set(key, (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0);
  }
  return colours.get(key);
}

export function useTheme() {
  const [theme, set] = useState(root.dataset.theme);
  useEffect(() => {
    listeners.add(set);
    return () => listeners.delete(set);
  }, []);
  return theme;
}

setTheme(preferred.matches ? "dark" : "light");
preferred.addEventListener("change", () => setTheme(preferred.matches ? "dark" : "light"));
