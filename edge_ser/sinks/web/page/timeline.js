// The last hours: a row for each emotion, so that nobody needs to see the colours.

import { clock, looksOf, percent, span, UNSURE } from "./looks.js";

const HEIGHT = 22, GAP = 4, AXIS = 22; // pixels
const NARROW = 480;
const SPACING = 64; // least pixels between two times
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120];
const LONGEST = 5000; // utterances

function draw(parent, tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

function hatching(svg, id, kind, angle) {
  const pattern = draw(svg, "pattern", {
    id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})`,
  });
  draw(pattern, "line", { y2: 7, class: kind });
}

export class Timeline {
  #box = document.getElementById("timeline");
  #svg = this.#box.querySelector("svg");
  #text = document.getElementById("timeline-text");
  #range = document.getElementById("range");
  #looks = [];
  #heard = []; // {event, start, end, row}
  #lost = []; // [start, end]: the microphone; end is null while it is gone
  #ahead = 0; // milliseconds of the clock of the device before this one's
  #chosen = null;

  constructor() {
    this.#range.addEventListener("change", () => this.draw());
    this.#box.addEventListener("keydown", (key) => this.#press(key));
    this.#box.addEventListener("pointermove", (pointer) => this.#point(pointer));
    this.#box.addEventListener("pointerdown", (pointer) => this.#point(pointer));
    new ResizeObserver(() => this.draw()).observe(this.#box);
    setInterval(() => this.draw(), 5000);
  }

  start(labels, now, hours) {
    this.#looks = [...looksOf(labels).values(), UNSURE];
    this.#ahead = 1000 * now - Date.now();
    this.#hours = hours;
    this.#heard = [];
    this.#lost = [];
    this.#choose(null);
  }

  #hours = 6;

  add(event) {
    if (event.type === "status") return this.#status(event);
    const [start, end] = span(event);
    const row = this.#looks.findIndex((look) => look.name === event.emotion);
    this.#heard.push({ event, start, end, row: row < 0 ? this.#looks.length - 1 : row });
    const oldest = this.#now() - 3600e3 * this.#hours;
    while (this.#heard.length > LONGEST || this.#heard[0]?.end < oldest) this.#heard.shift();
  }

  #status({ status, time }) {
    const open = this.#lost.at(-1)?.[1] === null;
    if (status === "back" && open) this.#lost.at(-1)[1] = Date.parse(time);
    if ((status === "lost" || status === "silent") && !open) this.#lost.push([Date.parse(time), null]);
  }

  #now() {
    return Date.now() + this.#ahead;
  }

  draw() {
    const width = this.#box.clientWidth;
    if (!width || !this.#looks.length) return;
    const svg = this.#svg;
    const left = width < NARROW ? 26 : 84;
    const lanes = this.#looks.length * (HEIGHT + GAP);
    svg.setAttribute("viewBox", `0 0 ${width} ${lanes + AXIS}`);
    svg.setAttribute("height", String(lanes + AXIS));
    svg.replaceChildren();
    hatching(draw(svg, "defs", {}), "unsure", "unsure-ink", 45);
    hatching(svg.firstChild, "lost", "lost-ink", -45);

    const now = this.#now();
    const minutes = Number(this.#range.value);
    const from = now - 60e3 * minutes;
    const x = (time) => left + (width - left) * Math.max(0, (time - from) / (now - from));
    this.#visible = { from, x };
    this.#axis(svg, { from, now, x, lanes, width, left, minutes });
    this.#looks.forEach((look, row) => {
      const y = row * (HEIGHT + GAP);
      const name = width < NARROW ? look.letter : look.name;
      draw(svg, "rect", { class: "lane", x: left, y, width: width - left, height: HEIGHT, rx: 3 });
      draw(svg, "text", { x: 0, y: y + 16 }, name);
    });
    for (const [start, end] of this.#lost) {
      if ((end ?? now) < from) continue;
      const across = Math.max(2, x(end ?? now) - x(start));
      draw(svg, "rect", { class: "lost", x: x(start), y: 0, width: across, height: lanes - GAP });
    }
    // one path a row, however many utterances there are
    this.#looks.forEach((look, row) => {
      const boxes = this.#heard.filter((heard) => heard.row === row && heard.end > from)
        .map((heard) => this.#shape(heard));
      if (boxes.length) draw(svg, "path", { class: "heard", "data-look": look.look, d: boxes.join("") });
    });
    if (this.#chosen && this.#chosen.end > from) {
      draw(svg, "path", { class: "chosen", d: this.#shape(this.#chosen) });
    }
    this.#sumUp(from, minutes);
  }

  #visible = null;

  #shape({ start, end, row }) {
    const { x } = this.#visible;
    const across = Math.max(3, x(end) - x(start)), y = row * (HEIGHT + GAP) + 1;
    return `M${x(end) - across} ${y}h${across}v${HEIGHT - 2}h${-across}z`;
  }

  #axis(svg, { from, now, x, lanes, width, left, minutes }) {
    const most = Math.max(1, (width - left) / SPACING);
    const step = 60e3 * (MINUTES.find((m) => minutes / m <= most) ?? MINUTES.at(-1));
    const offset = 60e3 * new Date(now).getTimezoneOffset();
    for (let time = Math.ceil((from - offset) / step) * step + offset; time < now; time += step) {
      draw(svg, "line", { class: "grid", x1: x(time), x2: x(time), y1: 0, y2: lanes });
      if (x(time) > left + 18 && x(time) < width - 18) {
        draw(svg, "text", { class: "tick", x: x(time), y: lanes + 14 }, clock(time, false));
      }
    }
  }

  #sumUp(from, minutes) {
    const seen = this.#heard.filter((heard) => heard.end > from);
    const of = (row) => seen.filter((heard) => heard.row === row).length;
    const counts = this.#looks.map((look, row) => `${of(row)} ${look.name}`).join(", ");
    this.#svg.setAttribute("aria-label", `the last ${minutes} minutes: ${counts}`);
    this.#svg.removeAttribute("aria-labelledby");
  }

  #press(key) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[key.key];
    const seen = this.#heard.filter((heard) => heard.end > (this.#visible?.from ?? 0));
    if (!way || !seen.length) return;
    key.preventDefault();
    const at = seen.indexOf(this.#chosen);
    const next = at < 0 ? (way < 0 ? seen.length - 1 : 0) : at + way;
    this.#choose(seen[Math.min(Math.max(next, 0), seen.length - 1)]);
  }

  #point(pointer) {
    if (!this.#visible) return;
    const { from, x } = this.#visible;
    const at = pointer.clientX - this.#box.getBoundingClientRect().left;
    const far = ({ start, end }) => Math.max(x(start) - at, at - x(end), 0);
    const near = this.#heard.filter((heard) => heard.end > from && far(heard) < 12)
      .sort((a, b) => far(a) - far(b))[0];
    if (near && near !== this.#chosen) this.#choose(near);
  }

  #choose(heard) {
    this.#chosen = heard;
    this.#text.textContent = heard ? this.#describe(heard) : "";
    this.draw();
  }

  #describe({ event, start, row }) {
    const ranked = Object.entries(event.probabilities).sort((a, b) => b[1] - a[1])
      .map(([label, share]) => `${label} ${percent(share)}`).join(", ");
    const length = (event.end - event.start).toFixed(1);
    return `${clock(start)}, ${length} s: ${this.#looks[row].name} (${ranked})`;
  }
}
