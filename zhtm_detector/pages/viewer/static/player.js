// Playing: which record comes when, by the clock of animation frames.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export const SPEEDS = [[2, "2 a second"], [10, "10 a second"], [30, "30 a second"], [60, "60 a second"], [240, "240 a second"]];

// Advances `at` while it plays; a record whose part has not arrived is waited for.
export function usePlayer(trace, at, setAt) {
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(30);
  const now = useRef(at);
  now.current = at;
  useLayoutEffect(() => { // so that the frame in which it pauses is the last one
    if (!playing) return undefined;
    let [handle, before, owed] = [0, performance.now(), 0];
    const frame = (time) => {
      handle = requestAnimationFrame(frame);
      owed = Math.min(owed + ((time - before) * speed) / 1000, speed / 4 + 1);
      before = time;
      const steps = Math.floor(owed);
      if (steps < 1) return;
      const next = Math.min(now.current + steps, trace.length - 1);
      trace.prefetch(next);
      if (!trace.has(next)) return;
      owed -= steps;
      setAt(next);
      if (next === trace.length - 1) setPlaying(false);
    };
    handle = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(handle);
  }, [playing, speed, trace]);
  return { playing, setPlaying, speed, setSpeed };
}

const inField = (target) => target.closest?.("input, select, textarea, button, summary, a, [data-keys]");

// Keys of the whole page, but not where a field or a picture takes them.
export function useKeys(actions) {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = inField(event.target);
      const key = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
      // A button takes Space and Enter only; a field takes all keys.
      if (target && (!["BUTTON", "SUMMARY", "A"].includes(target.tagName) || key === " ")) return;
      const action = latest.current[key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}
