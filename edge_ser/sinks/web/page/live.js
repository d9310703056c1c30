// What is heard right now: the emotion, a bar for each, and the level.

import { bar, element, looksOf, named, percent, UNSURE } from "./looks.js";

const STALE = 4000; // milliseconds after which a window is over, if no utterance followed
const QUIETEST = -60; // dBFS

const $ = (id) => document.getElementById(id);

export class Live {
  #looks = looksOf([]);
  #bars = new Map();
  #microphone = { state: "on", message: "" };
  #event = null;
  #began = 0;
  #arrived = 0;

  constructor() {
    setInterval(() => this.#draw(), 1000);
  }

  start(labels) {
    this.#looks = looksOf(labels);
    this.#event = null;
    this.#bars.clear();
    $("bars").replaceChildren();
    for (const [label, look] of this.#looks) {
      const [line, set] = bar(look, "div", "meter");
      $("bars").append(line);
      this.#bars.set(label, [line, set]);
    }
    this.#draw();
  }

  microphone(state) {
    this.#microphone = state;
    const badge = $("microphone");
    badge.hidden = false;
    badge.classList.toggle("bad", state.state !== "on");
    badge.textContent = { on: "microphone on", lost: "microphone lost", silent: "microphone silent" }[state.state];
    if (state.state !== "on") this.#event = null;
    this.#draw();
  }

  level(level) {
    const value = Math.max(level ?? QUIETEST, QUIETEST);
    const meter = $("level");
    meter.firstElementChild.style.width = `${100 * (1 - value / QUIETEST)}%`;
    meter.setAttribute("aria-valuenow", String(Math.round(value)));
    $("level-number").textContent = value > QUIETEST ? `${Math.round(value)} dB` : "silence";
  }

  // A window or an utterance; those of the history are not announced.
  hear(event, announced = true) {
    const goesOn = this.#event?.type === "window" && event.start < this.#event.end;
    this.#began = goesOn ? Math.min(this.#began, event.start) : event.start;
    this.#event = event;
    this.#arrived = performance.now();
    if (event.type === "utterance" && announced) {
      $("announcement").textContent = event.emotion
        ? `${event.emotion}, ${percent(event.confidence)} sure` : UNSURE.name;
    }
    this.#draw();
  }

  #draw() {
    const { state, message } = this.#microphone;
    const event = this.#event;
    const speaking = event?.type === "window" && performance.now() - this.#arrived < STALE;
    for (const [label, [line, set]] of this.#bars) {
      const share = event?.probabilities[label] ?? 0;
      set(share, event ? percent(share) : "");
      line.classList.toggle("best", event?.emotion === label);
      line.classList.toggle("past", !speaking);
    }
    const said = event?.type === "utterance" || speaking;
    const look = said ? this.#looks.get(event.emotion) ?? UNSURE : null;
    const headline = $("headline");
    headline.classList.toggle("bad", state !== "on");
    headline.classList.toggle("past", Boolean(look) && !speaking);
    if (state !== "on") {
      delete headline.dataset.look;
      this.#say(state === "lost" ? "the microphone is lost" : "the microphone is silent", message);
    } else if (look) {
      headline.dataset.look = look.look;
      headline.firstElementChild.textContent = look.letter;
      this.#say(look.name, this.#detail(event, speaking));
    } else {
      delete headline.dataset.look;
      this.#say("nobody speaks", "waiting for someone to speak");
    }
  }

  #detail(event, speaking) {
    const sure = event.emotion ? `, ${percent(event.confidence)} sure` : "";
    if (speaking) return `hearing ${(event.end - this.#began).toFixed(1)} s of speech${sure}`;
    const ago = Math.round((performance.now() - this.#arrived) / 1000);
    const when = ago < 2 ? "just now" : ago < 120 ? `${ago} s ago` : `${Math.round(ago / 60)} min ago`;
    return `the last utterance, ${when}${sure}; nobody speaks`;
  }

  #say(headline, detail) {
    $("headline").lastElementChild.textContent = headline;
    $("detail").textContent = detail;
  }
}

// The table of the newest utterances.
export class Latest {
  static #ROWS = 12;
  #body = document.querySelector("#latest tbody");

  start(labels) {
    this.looks = looksOf(labels);
    this.#body.replaceChildren();
    this.#tell();
  }

  add(event, time) {
    const cell = (...content) => element("td", "", ...content);
    this.#body.prepend(element("tr", "",
      cell(time),
      cell(...named(this.looks.get(event.emotion) ?? UNSURE)),
      cell(event.emotion ? percent(event.confidence) : "–"),
      cell(`${(event.end - event.start).toFixed(1)} s`)));
    if (this.#body.rows.length > Latest.#ROWS) this.#body.lastElementChild.remove();
    this.#tell();
  }

  #tell() {
    const none = this.#body.rows.length === 0;
    document.querySelector("#latest .empty").hidden = !none;
    document.querySelector("#latest table").hidden = none;
  }
}
