// The summary of the session: how much was heard, and how often each emotion.

import { bar, clock, looksOf, UNSURE } from "./looks.js";

const $ = (id) => document.getElementById(id);

function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 10 ? `${minutes.toFixed(1)} min` : `${Math.round(minutes)} min`;
}

export class Session {
  #bars = [];

  start(labels) {
    const looks = [...looksOf(labels).values(), UNSURE];
    this.#bars = looks.map((look) => [look, ...bar(look, "li")]);
    $("counts").replaceChildren(...this.#bars.map(([, line]) => line));
  }

  show({ counts, unsure, speech, began }) {
    const number = ({ look, name }) => (look === UNSURE.look ? unsure : counts[name]);
    const total = this.#bars.reduce((sum, [look]) => sum + number(look), 0);
    for (const [look, , set] of this.#bars) {
      set(number(look) / Math.max(1, total), String(number(look)));
    }
    const since = `since ${clock(1000 * began, false)}`;
    $("total").textContent = total
      ? `${duration(speech)} of speech in ${total} ${total === 1 ? "utterance" : "utterances"}, ${since}`
      : `no speech ${since}`;
  }
}
