// The frame of a demo: what can be set on the left, what follows from it on the right.
import { html } from "./html.js";

export function Demo({ title, lead, error, controls, children }) {
  return html`<div class="demo">
    <div class="demo-head"><h2>${title}</h2><p class="lead">${lead}</p></div>
    <form class="controls-panel" onSubmit=${(event) => event.preventDefault()} aria-label=${`Settings: ${title}`}>${controls}</form>
    <div class="demo-body">${error && html`<p class="warning" role="alert">${error}</p>`}${children}</div>
  </div>`;
}

// Settings in one object, and a function that returns the setter of one of them.
export const setter = (settings, set) => (name) => (value) => set({ ...settings, [name]: value });
