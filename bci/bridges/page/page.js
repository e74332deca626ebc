"use strict";
// Names come from other programs: they are only ever set as text.

const SCOPE_S = 6;
const MAX_HISTORY = 50;
const at = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");

let run = "";
let seq = -1;
let wait = 250;
let engine = "bci";
const traces = new Map();
let scope = null;
let socket = null;

function connect() {
  const query = new URLSearchParams();
  if (token) query.set("token", token);
  if (seq >= 0) { query.set("run", run); query.set("since", seq); }
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/events?${query}`);
  let opened = false;
  socket.onopen = () => { opened = true; wait = 250; document.body.classList.remove("away"); };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.version === 1) take(message);
  };
  socket.onclose = () => {
    document.body.classList.add("away");
    setState(opened ? "bridge lost" : "no connection", "bad");
    setDecided(null);
    at("since").textContent = opened || token
      ? "Trying to connect again."
      : "Is the bridge running? Where it needs a token, add #token=... to the address.";
    setTimeout(connect, wait);
    wait = Math.min(2 * wait, 5000);
  };
}

function take(message) {
  if (message.run !== run) { run = message.run; seq = -1; }
  if (message.kind === "decision") {
    if (message.seq <= seq) return;
    seq = message.seq;
    onDecision(message);
  } else if (message.kind === "status") {
    // The first message after a connection: decisions up to its number are not sent again.
    seq = Math.max(seq, message.seq);
    onStatus(message);
  } else if (message.kind === "prediction") onPrediction(message);
  else if (message.kind === "signal") onSignal(message);
  else if (message.kind === "quality") onQuality(message);
}

function setState(text, kind) {
  at("state").textContent = text;
  at("state").className = `pill ${kind}`;
}

function setDecided(label, confidence) {
  const shown = label === null ? "–" : label;
  at("decided").textContent = shown;
  at("decided").classList.toggle("some", label !== null);
  if (label === null) at("since").textContent = "Nothing is decided.";
  else at("since").textContent = confidence == null ? "" : `confidence ${confidence.toFixed(2)}`;
}

function mark(simulated, replayed) {
  at("simulated").hidden = !simulated;
  if (replayed !== undefined) at("replayed").hidden = !replayed;
  document.title = `${simulated ? "simulated: " : ""}${engine}`;
}

function onStatus(message) {
  engine = message.engine;
  at("engine").textContent = engine;
  setState(message.state, message.state === "running" ? "good" : "bad");
  mark(message.simulated, message.replayed);
  at("model").textContent = [message.model, message.stream].filter(Boolean).join(", stream ");
  at("warning").hidden = message.warning === null;
  at("warning").textContent = message.warning || "";
  at("p50").textContent = milliseconds(message.latency_p50_ms);
  at("p99").textContent = milliseconds(message.latency_p99_ms);
  at("lost").textContent = message.lost_samples.toLocaleString("en");
  if (message.decided !== at("decided").textContent) setDecided(message.decided);
  if (message.state === "engine lost") {
    at("bars").replaceChildren();
    at("newest").textContent = "–";
  }
}

function milliseconds(value) {
  return value === null ? "–" : `${value.toFixed(1)} ms`;
}

function onDecision(message) {
  if (!message.again) setDecided(message.label, message.confidence);
  const line = document.createElement("li");
  line.classList.toggle("again", message.again);
  const what = document.createElement("span");
  what.textContent = message.change === "offset" ? `end of ${message.ended ?? "decision"}`
    : message.label;
  const when = document.createElement("span");
  when.className = "quiet";
  // The age is by the bridge's own clock; ours gives the time of day.
  const date = new Date(Date.now() - 1000 * Math.max(0, message.sent - message.time));
  when.textContent = message.again ? "while away" : date.toLocaleTimeString([], { hour12: false });
  line.append(what, when);
  const history = at("history");
  if (history.firstElementChild?.classList.contains("quiet")) history.replaceChildren();
  history.prepend(line);
  while (history.children.length > MAX_HISTORY) history.lastElementChild.remove();
}

function onPrediction(message) {
  mark(message.simulated);
  at("newest").textContent = milliseconds(message.latency_ms);
  const labels = Object.keys(message.probabilities);
  const bars = at("bars");
  if (bars.children.length !== labels.length || bars.firstElementChild?.tagName === "P") {
    bars.replaceChildren(...labels.map(makeBar));
  }
  labels.forEach((label, k) => {
    const [name, meter, share] = bars.children[k].children;
    name.textContent = name.title = label;
    meter.value = message.probabilities[label];
    share.textContent = message.probabilities[label].toFixed(2);
  });
}

function makeBar() {
  const row = document.createElement("div");
  row.className = "row";
  row.append(document.createElement("span"), document.createElement("meter"),
    document.createElement("output"));
  return row;
}

function onQuality(message) {
  const counts = [["good", message.good], ["doubtful", message.doubtful], ["bad", message.bad],
    ["not judged", message.not_judged]];
  at("counts").textContent = counts.filter(([, n]) => n > 0).map(([word, n]) => `${n} ${word}`)
    .join(", ");
  at("channels").replaceChildren(...message.channels.map((channel) => {
    const line = document.createElement("li");
    line.className = channel.state;
    const name = document.createElement("b");
    name.textContent = channel.name;
    line.append(name, ` ${channel.state}${channel.text ? `: ${channel.text}` : ""}`);
    return line;
  }));
}

function onSignal(message) {
  mark(message.simulated);
  const names = message.traces.map((trace) => trace.name).join("\n");
  const n = Math.round(SCOPE_S * message.rate_hz);
  if (!scope || scope.names !== names || scope.n !== n) {
    scope = { names, n };
    traces.clear();
  }
  at("scope-empty").hidden = true;
  at("scope-about").textContent = `${message.stream}, ${message.filter}, last ${SCOPE_S} s`
    + `${message.simulated ? ", simulated" : ""}`;
  for (const trace of message.traces) {
    const kept = traces.get(trace.name) || { low: [], high: [], unit: trace.unit };
    kept.low = kept.low.concat(trace.low).slice(-n);
    kept.high = kept.high.concat(trace.high).slice(-n);
    traces.set(trace.name, kept);
  }
  scope.dirty = true;
}

function extent(kept) {
  const values = [...kept.low, ...kept.high].filter((value) => value !== null)
    .map(Math.abs).sort((a, b) => a - b);
  // A blink may leave its row for a moment; it must not flatten all else.
  return values.length ? values[Math.floor(0.97 * (values.length - 1))] || 1 : 1;
}

function draw() {
  requestAnimationFrame(draw);
  if (!scope?.dirty) return;
  scope.dirty = false;
  const canvas = at("scope");
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const paint = canvas.getContext("2d");
  paint.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint.clearRect(0, 0, width, height);
  paint.font = "13px system-ui, sans-serif";
  paint.textBaseline = "middle";
  const left = 92, row = height / traces.size;
  const scale = Math.max(...[...traces.values()].map(extent));
  let number = 0;
  for (const [name, kept] of traces) {
    const middle = (number + 0.5) * row;
    number += 1;
    paint.fillStyle = colour("--text");
    paint.fillText(name.slice(0, 12), 0, middle, left - 8);
    paint.strokeStyle = colour("--line");
    paint.lineWidth = 1;
    paint.beginPath();
    paint.moveTo(left, middle);
    paint.lineTo(width, middle);
    paint.stroke();
    paint.strokeStyle = colour("--accent");
    paint.lineWidth = 1.2;
    paint.beginPath();
    const step = (width - left) / scope.n;
    const begin = left + step * (scope.n - kept.low.length);
    const y = (value) => middle - Math.max(-1, Math.min(1, value / scale)) * 0.48 * row;
    let pen = false;
    for (let k = 0; k < kept.low.length; k += 1) {
      if (kept.low[k] === null || kept.high[k] === null) { pen = false; continue; }
      const x = begin + k * step;
      if (pen) paint.lineTo(x, y(kept.high[k])); else paint.moveTo(x, y(kept.high[k]));
      paint.lineTo(x, y(kept.low[k]));
      pen = true;
    }
    paint.stroke();
  }
  const unit = [...traces.values()][0].unit.replace("uV", "µV");
  at("scope-scale").textContent =
    `half a row: ${Number(scale.toPrecision(2))} ${unit === "unknown" ? "(no unit)" : unit}`;
}

connect();
draw();
