// How each emotion looks: a colour, and a letter for those who see none.

const USUAL = ["angry", "happy", "neutral", "sad"];
const COLOURS = 8;

export const UNSURE = { letter: "?", look: "?", name: "unsure" };

// Map up to eight labels to looks, the usual ones to the usual colours.
export function looksOf(labels) {
  const free = [...Array(COLOURS).keys()].filter((i) => !labels.includes(USUAL[i]));
  const letters = new Set([UNSURE.letter]);
  const looks = new Map();
  for (const name of labels) {
    const known = USUAL.indexOf(name);
    const letter = [...name.toUpperCase(), ..."123456789"].find((c) => !letters.has(c));
    letters.add(letter);
    looks.set(name, { letter, name, look: String(known < 0 ? free.shift() : known) });
  }
  return looks;
}

// Create an element with a class, and text or other elements in it.
export function element(tag, kind, ...children) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.append(...children);
  return made;
}

// The letter of an emotion in its colour, and its name.
export function named(look) {
  const letter = element("span", "letter", look.letter);
  letter.dataset.look = look.look;
  letter.setAttribute("aria-hidden", "true");
  return [letter, look.name];
}

// A line with the name of an emotion, a bar, and a number; returns [line, set(share, text)].
export function bar(look, tag, role) {
  const fill = element("span", "fill");
  const track = element("span", "track", fill);
  const number = element("span", "number");
  const line = element(tag, "bar", element("span", "name", ...named(look)), track, number);
  line.dataset.look = look.look;
  if (role) {
    track.setAttribute("role", role);
    track.setAttribute("aria-label", look.name);
    track.setAttribute("aria-valuemin", "0");
    track.setAttribute("aria-valuemax", "100");
  } else {
    track.setAttribute("aria-hidden", "true");
  }
  return [line, (share, text) => {
    fill.style.width = `${100 * share}%`;
    if (role) track.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    number.textContent = text;
  }];
}

export const percent = (share) => `${Math.round(100 * share)} %`;

export const clock = (time, seconds = true) =>
  new Date(time).toLocaleTimeString([], {
    hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }), hourCycle: "h23",
  });

// When an utterance was spoken, in milliseconds on the clock of the device.
export function span(event) {
  const end = Date.parse(event.time);
  return [end - 1000 * (event.end - event.start), end];
}
