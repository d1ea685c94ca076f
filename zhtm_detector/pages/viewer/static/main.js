// The viewer: a recorded run and the demos, one at a time, as the address says.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { format, read, write } from "./address.js";
import { EncodersDemo } from "./demo_encoders.js";
import { LikelihoodDemo } from "./demo_likelihood.js";
import { MemoryDemo } from "./demo_memory.js";
import { PoolerDemo } from "./demo_pooler.js";
import { html } from "./html.js";
import { RunView } from "./run.js";
import { openTrace } from "./source.js";
import { setTheme, useTheme } from "./theme.js";

const config = JSON.parse(document.getElementById("config").textContent);
const DEMOS = { encoders: ["Encoders", EncodersDemo], pooler: ["Spatial pooler", PoolerDemo], memory: ["Temporal memory", MemoryDemo], likelihood: ["Likelihood", LikelihoodDemo] };
const VIEWS = [...(config.run ? [["run", "Run"]] : []), ...Object.entries(DEMOS).map(([key, [name]]) => [key, name])];

function App() {
  const theme = useTheme();
  const [place, setPlace] = useState(read);
  const [trace, setTrace] = useState(null);
  const [error, setError] = useState("");
  const view = VIEWS.some(([key]) => key === place.view) ? place.view : VIEWS[0][0];
  useEffect(() => {
    const moved = () => setPlace(read());
    addEventListener("hashchange", moved);
    moved(); // it may have changed before someone listened
    if (config.run) openTrace(config).then(setTrace, (reason) => setError(reason.message));
    return () => removeEventListener("hashchange", moved);
  }, []);
  useEffect(() => write({ ...place, view }), [view, place.record, place.cell]);
  const go = (event, key) => {
    event.preventDefault();
    setPlace({ ...place, view: key });
    history.pushState(null, "", format({ ...place, view: key }));
  };
  const [, Shown] = DEMOS[view] ?? [];
  return html`<header>
      <h1 title=${config.title}>${config.title}</h1>
      <button type="button" id="theme"
        onClick=${() => setTheme(theme === "dark" ? "light" : "dark")}>${theme === "dark" ? "Light" : "Dark"}</button>
      <nav aria-label="Views">${VIEWS.map(([key, name]) => html`
        <a href=${format({ ...place, view: key })} aria-current=${key === view ? "page" : undefined}
          onClick=${(event) => go(event, key)}>${name}</a>`)}</nav>
    </header>
    <main>
      ${error && html`<p class="warning" role="alert">${error}</p>`}
      ${view === "run" && (trace ? html`<${RunView} trace=${trace} place=${place} setPlace=${setPlace} />` : !error && html`<p
        class="lead">Loading the run …</p>`)}
      ${view !== "run" && (config.served ? html`<${Shown} />` : html`<p
        class="warning needs-server">The demos run on the Python code. This page lies on disk, so it cannot ask it: start <code>zhtm view</code> to use them.</p>`)}
    </main>`;
}

document.getElementById("app").textContent = "";
render(html`<${App} />`, document.getElementById("app"));
performance.mark("interactive");
