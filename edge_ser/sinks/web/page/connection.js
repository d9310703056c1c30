// The connection: messages come in and are given to `handlers` by name; it comes back by itself.

const SILENCE = 8000; // milliseconds without a message, which come five times a second
const PAUSE = 2000;
const KINDS = ["hello", "source", "microphone", "summary", "enrolment", "level"];

export function connect(handlers, { opened, closed, refused }) {
  let source, watch, retry;

  function alive() {
    clearTimeout(watch);
    watch = setTimeout(again, SILENCE);
  }

  function again() {
    clearTimeout(watch);
    clearTimeout(retry);
    source?.close();
    closed();
    retry = setTimeout(open, PAUSE);
  }

  async function open() {
    clearTimeout(retry);
    try {
      const answer = await send("GET", "login");
      if (answer.status === 401) return refused();
      if (!answer.ok) return again();
    } catch {
      return again();
    }
    source?.close();
    source = new EventSource("events");
    alive();
    const take = (handle) => (message) => {
      alive();
      handle(JSON.parse(message.data));
    };
    source.onmessage = take(handlers.event);
    for (const kind of KINDS) source.addEventListener(kind, take(handlers[kind]));
    source.onopen = opened;
    source.onerror = again;
  }

  open();
  return open;
}

// Send a request with a JSON object; returns {ok, status, error}.
export async function send(method, path, object) {
  const answer = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: object && JSON.stringify(object),
  });
  const text = answer.ok ? "" : await answer.text();
  let error = "";
  try {
    error = text && JSON.parse(text).error;
  } catch {
    error = text;
  }
  return { ok: answer.ok, status: answer.status, error };
}
