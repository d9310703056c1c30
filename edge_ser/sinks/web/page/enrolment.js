// Learn a voice: ask for a name, show the text, follow the seconds.

import { send } from "./connection.js";
import { element } from "./looks.js";

const $ = (id) => document.getElementById(id);

function say(message, kind = "") {
  $("enrolment-message").className = kind && `message-${kind}`;
  $("enrolment-message").textContent = message;
}

export class Enrolment {
  #state = "idle";

  constructor() {
    $("enrol").addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      this.#ask("POST", { name: $("name").value });
    });
    $("cancel").addEventListener("click", () => this.#ask("DELETE"));
  }

  async #ask(method, object) {
    try {
      const answer = await send(method, "enrolment", object);
      if (!answer.ok) say(answer.error, "bad");
    } catch {
      say("not connected; try again", "bad");
    }
  }

  start() {
    this.show({ state: "idle", message: "" });
  }

  show({ state, name, text, seconds, wanted, message }) {
    const reading = state === "reading";
    const begins = reading && this.#state !== "reading";
    this.#state = state;
    $("enrol").hidden = reading;
    $("reading").hidden = !reading;
    if (reading) {
      $("progress").max = wanted;
      $("progress").value = Math.min(seconds, wanted);
      $("progress-text").textContent =
        `${name}: ${Math.floor(seconds)} of ${Math.round(wanted)} s of speech`;
    }
    if (begins) {
      say("");
      const paragraphs = text.trim().split(/\n\s*\n/);
      $("text").replaceChildren(...paragraphs.map((p) => element("p", "", p.replace(/\s+/g, " "))));
      $("text").focus();
    } else if (!reading) {
      say(message, state === "failed" ? "bad" : "good");
    }
  }
}
