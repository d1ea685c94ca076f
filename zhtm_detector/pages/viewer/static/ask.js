// A demo's question to the server, and its answer; the last question wins.
import { useEffect, useState } from "preact/hooks";

export async function ask(demo, message, signal) {
  const response = await fetch(`/demo/${demo}`, { method: "POST", body: JSON.stringify(message), signal });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

// The answer to a message, asked anew when it changes; what was there before stays until then.
export function useAnswer(demo, message) {
  const [state, setState] = useState({ answer: null, error: "" });
  const text = JSON.stringify(message);
  useEffect(() => {
    const leave = new AbortController();
    const timer = setTimeout(() => {
      ask(demo, message, leave.signal).then(
        (answer) => setState({ answer, error: "" }),
        (error) => leave.signal.aborted || setState((before) => ({ ...before, error: error.message })),
      );
    }, 30);
    return () => {
      clearTimeout(timer);
      leave.abort();
    };
  }, [demo, text]);
  return state;
}
