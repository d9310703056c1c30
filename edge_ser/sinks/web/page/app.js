// The page: what comes over the connection goes to the parts that show it.

import { connect, send } from "./connection.js";
import { Enrolment } from "./enrolment.js";
import { Latest, Live } from "./live.js";
import { clock, span } from "./looks.js";
import { Session } from "./session.js";
import { Timeline } from "./timeline.js";

const $ = (id) => document.getElementById(id);

const live = new Live(), session = new Session(), timeline = new Timeline();
const latest = new Latest(), enrolment = new Enrolment();

function remember(event) {
  timeline.add(event);
  if (event.type === "utterance") latest.add(event, clock(span(event)[1]));
}

const handlers = {
  hello({ labels, events, now, hours }) {
    for (const part of [live, session, latest, enrolment]) part.start(labels);
    timeline.start(labels, now, hours);
    events.forEach(remember);
    timeline.draw();
  },
  event(event) {
    if (event.type !== "status") live.hear(event);
    if (event.type !== "window") {
      remember(event);
      timeline.draw();
    }
  },
  source: ({ source, model }) => { $("about").textContent = `${source}, heard by ${model}`; },
  microphone: (state) => live.microphone(state),
  summary: (summary) => session.show(summary),
  enrolment: (state) => enrolment.show(state),
  level: (level) => live.level(level),
};

function show(connected, text) {
  $("connection").textContent = text;
  $("connection").classList.toggle("bad", !connected);
}

function ask(needed) {
  $("login").hidden = !needed;
  $("page").hidden = needed;
  if (needed) {
    show(false, "locked");
    $("token").focus();
  }
}

const open = connect(handlers, {
  opened() {
    ask(false);
    show(true, "connected");
  },
  closed: () => show(false, "not connected; trying again"),
  refused: () => ask(true),
});

$("login").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  $("login-message").textContent = "";
  const answer = await send("POST", "login", { token: $("token").value })
    .catch(() => ({ error: "not connected; try again" }));
  $("token").value = "";
  if (answer.ok) open();
  else $("login-message").textContent = answer.error;
});
