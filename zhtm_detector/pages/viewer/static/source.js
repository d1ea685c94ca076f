// Where a run's parts come from: the server, or the page itself.
import { decode } from "./decode.js";
import { Trace } from "./trace.js";

async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${(await response.json()).error}`);
  return response;
}

const served = {
  header: async () => (await fetched("/run")).json(),
  part: async (name) => new Uint8Array(await (await fetched(`/part/${name}`)).arrayBuffer()),
};

// Parts in the page are deflated and in base64.
const embedded = {
  header: async () => JSON.parse(document.getElementById("run").textContent),
  part: async (name) => {
    const packed = Uint8Array.from(atob(document.getElementById(`part-${name}`).textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  },
};

export async function openTrace(config) {
  const source = config.served ? served : embedded;
  const [header, series] = await Promise.all([source.header(), source.part("series")]);
  const trace = new Trace(header, decode(header.layout.series, series), source.part);
  if (config.served && trace.what === "region") {
    trace.overlaps = async (i, signal) => {
      const response = await fetch(`/overlaps/${i}`, { signal });
      return response.ok ? response.json() : null; // none before the model has columns
    };
  }
  await trace.load(0);
  return trace;
}
