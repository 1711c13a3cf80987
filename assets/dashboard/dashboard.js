// The live page: takes the run as it comes, keeps the whole of it, shows it, and asks what its reader asks.
// Nothing from the run is ever put into the page as markup, only as text.
(() => {
  "use strict";
  const { Charts, ms, perSec, grouped, elapsed, plain, NO_VALUE } = octCharts;
  const byId = (id) => document.getElementById(id);
  const RETRY_MS = [1000, 2000, 4000, 8000];
  const LOG_ROWS = 200;
  const TABLE_POINTS = 20;
  const FILTER_FROM = 12;

  // The token has done its work: it is a cookie now, and need not stand in the address.
  if (location.search !== "") history.replaceState(null, "", location.pathname);

  const charts = new Charts([...document.querySelectorAll("figure.chart")]);
  const state = { view: undefined, points: undefined, events: [], marks: [], isOver: false };

  const plural = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
  const percent = (value) => (value > 0 && value < 0.01 ? "< 0.01 %" : `${Number(value.toFixed(2))} %`);

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }
  function flag(node, name, isOn) {
    node.classList.toggle(name, isOn);
  }

  // Rows of a table as they should be: what is there already is changed, not made anew, so that what is
  // selected or focused stays. A row is [class, cell...]; a cell is a text or [text, class].
  function fill(body, rows, hasHead = true) {
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach(([kind, ...cells], i) => {
      const row = body.rows[i] ?? body.insertRow();
      if (row.className !== kind) row.className = kind;
      cells.forEach((cell, at) => {
        const [text, look = ""] = typeof cell === "string" ? [cell] : cell;
        let node = row.cells[at];
        if (node === undefined) {
          const isHead = hasHead && at === 0;
          node = document.createElement(isHead ? "th" : "td");
          if (isHead) node.scope = "row";
          node.append(document.createElement("bdi"));
          row.append(node);
        }
        if (node.className !== look) node.className = look;
        put(node.firstChild, text);
        if (hasHead && at === 0 && node.title !== text) node.title = text;
      });
    });
  }

  const PHASES = {
    gathering: ["waiting for turrets", ""],
    arming: ["turrets load", ""],
    firing: ["firing", "good"],
    draining: ["ending", "warn"],
    over: ["over", ""],
  };
  const VERDICTS = { VALID: "good", "GENERATOR-LIMITED": "warn", PARTIAL: "warn", INVALID: "bad" };

  function showHead(view) {
    const { phase, isPaused, elapsedS, runTimeS, startWallMs, verdict } = view;
    const [words, tone] = isPaused ? ["paused", "warn"] : PHASES[phase];
    const isOver = phase === "over";
    const pill = byId("phase");
    if (pill.textContent !== words && pill.dataset.known) say(`The run is ${words}.`);
    pill.dataset.known = "yes";
    put(pill, words);
    pill.dataset.tone = tone;
    put(byId("project"), plain(view.project) || "Load test");
    document.title = `${isOver && verdict ? verdict : words} – ${plain(view.project) || "oct"}`;
    const hasBegun = startWallMs > 0;
    put(byId("elapsed"), hasBegun ? `${elapsed(elapsedS)} of ${elapsed(runTimeS)}` : `${elapsed(runTimeS)} to fire`);
    byId("started").hidden = !hasBegun;
    if (hasBegun) put(byId("started"), `since ${new Date(startWallMs).toLocaleTimeString()}`);
    put(byId("clock"), view.clock === "response" ? "response time, from the planned start" : "service time");
    const share = runTimeS > 0 ? Math.min(1, elapsedS / runTimeS) : 0;
    byId("progress").value = share;
    put(byId("progress"), `${Math.round(share * 100)} %`);
  }

  function showBoxes(view) {
    const { phase, verdict, verdictReasons, endReason, health, turretCount } = view;
    const box = byId("verdict");
    box.hidden = phase !== "over" || verdict === "";
    box.className = `verdict ${VERDICTS[verdict] ?? "none"}`;
    put(box.querySelector("strong"), verdict);
    put(box.querySelector("span"), plain(`The run is over: ${endReason}.`));
    items(box.querySelector("ul"), verdictReasons);
    byId("health").hidden = health.length === 0 || phase === "over";
    items(byId("health").querySelector("ul"), health);
    const waiting = byId("waiting");
    waiting.hidden = phase !== "gathering" && phase !== "arming";
    const came = turretCount === 0 ? "none has come yet" : `${plural(turretCount, "turret")} came`;
    put(waiting, phase === "arming" ? `Nothing is fired yet: ${came}, and scripts are loaded.` : `Nothing is fired yet: the HQ waits for its turrets, ${came}.`);
  }

  function items(list, texts) {
    while (list.children.length > texts.length) list.lastChild.remove();
    texts.forEach((text, i) => {
      const item = list.children[i] ?? list.appendChild(document.createElement("li"));
      put(item, plain(text));
    });
  }

  function showCards(view) {
    const { all, recent, phase } = view;
    const isGoing = phase === "firing" || phase === "draining";
    const isWaiting = phase === "gathering" || phase === "arming";
    const planned = view.plannedPerSec === null ? "" : `planned ${perSec(view.plannedPerSec)}/s, `;
    put(byId("rate-name"), isGoing ? "Rate now" : "Rate");
    put(byId("rate"), `${perSec(isGoing ? view.nowPerSec : all.ratePerSec)}/s`);
    put(byId("rate-note"), isGoing ? `${planned}whole run ${perSec(all.ratePerSec)}/s` : isWaiting ? "nothing fired yet" : "whole run");
    const time = isGoing ? recent.p95 : all.p95;
    put(byId("time"), time === null ? NO_VALUE : `${ms(time)} ms`);
    put(byId("time-note"), time === null ? "no transaction yet" : isGoing ? `last 5 s; whole run ${ms(all.p95)}, median ${ms(all.p50)}` : `median ${ms(all.p50)}, 99 % ${ms(all.p99)}, highest ${ms(all.max)}`);
    put(byId("errors"), grouped(view.errors));
    const share = view.transactions > 0 ? percent((view.errors / view.transactions) * 100) : "no transaction yet";
    put(byId("errors-note"), isGoing ? `${share}, ${perSec(view.nowErrorsPerSec)}/s now` : share);
    flag(byId("errors-card"), "bad", view.errors > 0);
    put(byId("count"), grouped(view.transactions));
    put(byId("count-note"), `${plural(view.timerValues, "timer value")}${view.dropped > 0 ? `, ${grouped(view.dropped)} dropped` : ""}`);
    put(byId("cannons"), grouped(view.cannons));
    put(byId("cannons-note"), `${view.plannedCannons === null ? "" : `planned ${grouped(view.plannedCannons)}, `}${grouped(view.inFlight)} in flight`);
    put(byId("turrets"), grouped(view.turretCount));
    put(byId("turrets-note"), view.lostTurrets > 0 ? `${grouped(view.lostTurrets)} lost` : "none lost");
    flag(byId("turrets-card"), "bad", view.lostTurrets > 0);
  }

  const figureCells = (figures) => [
    grouped(figures.count),
    perSec(figures.ratePerSec),
    ...["mean", "p50", "p90", "p95", "p99", "max"].map((key) => ms(figures[key])),
  ];

  function showTimers(view) {
    const section = byId("timers");
    const filter = section.querySelector(".filter");
    const wanted = filter.value.toLowerCase();
    const named = view.timers.filter(({ name }) => wanted === "" || name.toLowerCase().includes(wanted));
    fill(section.querySelector("tbody"), [
      ["total", "All transactions", ...figureCells(view.all)],
      ...named.map((timer) => ["", plain(timer.name), ...figureCells(timer)]),
    ]);
    filter.hidden = view.timers.length < FILTER_FROM;
    const left = view.timersTotal - view.timers.length;
    const clock = view.clock === "response" ? "All transactions is response time, from the planned start; timers are service time." : "Durations are service time, in milliseconds.";
    put(byId("timers-lead"), `${clock} The busiest first${left > 0 ? `; ${grouped(left)} more timers are not shown` : ""}.`);
  }

  function measured({ measured: value, unit }) {
    if (value === undefined || value === null) return "not measured";
    return { us: () => `${ms(value)} ms`, percent: () => percent(value), per_second: () => `${perSec(value)}/s`, count: () => grouped(value) }[unit]();
  }

  function showTables(view) {
    const { thresholds, errorTexts, checks, statuses } = view;
    byId("thresholds").hidden = thresholds.length === 0;
    fill(byId("thresholds").querySelector("tbody"), thresholds.map((one) => ["", plain(one.text), measured(one), one.holds ? ["✓ holds", "l good"] : ["✗ fails", "l bad"]]));
    const failures = byId("failures");
    failures.querySelector(".empty").hidden = errorTexts.length > 0;
    failures.querySelector(".scroll").hidden = errorTexts.length === 0;
    fill(failures.querySelector("tbody"), errorTexts.map(({ text, count }) => ["", [plain(text), "message l"], grouped(count)]), false);
    const leftErrors = view.errorTextsTotal - errorTexts.length;
    put(failures.querySelector(".left"), leftErrors > 0 ? `${grouped(leftErrors)} more texts are not shown.` : "");
    byId("checks").hidden = checks.length === 0;
    fill(byId("checks").querySelector("tbody"), checks.map(({ name, passed, failed }) => {
      const share = passed + failed === 0 ? NO_VALUE : percent((passed / (passed + failed)) * 100);
      return ["", plain(name), grouped(passed), failed > 0 ? [grouped(failed), "bad"] : "0", share];
    }));
    byId("statuses").hidden = statuses.length === 0;
    fill(byId("statuses").querySelector("tbody"), statuses.map(({ name, count }) => ["", plain(name), grouped(count)]));
  }

  function showTurrets(view) {
    const section = byId("crews");
    const { turrets, fixedTurrets, turretCount } = view;
    section.querySelector(".empty").hidden = turrets.length > 0;
    section.querySelector(".scroll").hidden = turrets.length === 0;
    put(byId("turrets-lead"), fixedTurrets > 0 ? `${plural(fixedTurrets, "turret")} of OCT protocol 1: not controllable, only stopped.` : "");
    byId("turrets-lead").hidden = fixedTurrets === 0;
    fill(section.querySelector("tbody"), turrets.map((turret) => {
      const isFixed = turret.wire === "protocol 1";
      const notice = [isFixed ? "protocol 1: not controllable" : "", plain(turret.trouble)].filter((text) => text !== "").join("; ");
      return [
        "",
        plain(`${turret.index + 1} ${turret.name}${turret.host === "" ? "" : ` (${turret.host})`}`),
        [plain(turret.status), turret.isLost ? "l bad" : "l"],
        isFixed ? NO_VALUE : perSec(turret.ratePerSec),
        isFixed ? NO_VALUE : grouped(turret.transactions),
        grouped(turret.cannons),
        turret.cpuPercent === null ? NO_VALUE : grouped(turret.cpuPercent),
        ms(turret.lagUs),
        [notice, turret.trouble === "" ? "l notice" : "l notice bad"],
      ];
    }));
    const left = turretCount - turrets.length;
    put(section.querySelector(".left"), left > 0 ? `${grouped(left)} more turrets are not shown.` : "");
  }

  function showLog(view) {
    const marked = new Set(state.marks.map(({ number }) => number));
    const newest = state.events.slice(-LOG_ROWS).reverse();
    fill(byId("log").querySelector("tbody"), newest.map((event) => [
      `${event.level} ${marked.has(event.number) ? "mark" : ""}`.trim(),
      [event.atS < 0 ? "before" : elapsed(event.atS), "at l"],
      [plain(event.who), "who l"],
      [plain(event.text), "what l"],
    ]), false);
    const same = view.received === view.journaled;
    const parts = [
      same ? `${grouped(view.received)} transactions received and journaled` : `${grouped(view.received)} received, ${grouped(view.journaled)} journaled`,
      `${grouped(view.late)} late`,
      `${grouped(view.dropped)} dropped`,
      `${grouped(view.malformed)} messages malformed`,
    ];
    put(byId("counts"), parts.join(" · "));
  }

  function showPoints() {
    const { points } = state;
    put(byId("step"), points.stepS === 1 ? "A point is a second." : `A point is ${grouped(points.stepS)} s.`);
    if (!byId("points").open) return;
    const size = points.ratePerSec.length;
    const rows = [];
    for (let i = size - 1; i >= Math.max(0, size - TABLE_POINTS); i--) {
      const { ratePerSec, plannedPerSec, p50, p95, p99, errorsPerSec, cannons, stepS } = points;
      rows.push(["", elapsed(i * stepS), perSec(ratePerSec[i]), perSec(plannedPerSec[i]), ms(p50[i]), ms(p95[i]), ms(p99[i]), perSec(errorsPerSec[i]), cannons[i] === null ? NO_VALUE : perSec(cannons[i])]);
    }
    fill(byId("points").querySelector("tbody"), rows);
  }

  function show() {
    const { view, points, marks } = state;
    showHead(view);
    showBoxes(view);
    showCards(view);
    showControls(view);
    put(byId("times-title"), view.clock === "response" ? "Response time" : "Service time");
    charts.set(points, marks);
    const shown = points.turretsPerSec.length;
    put(byId("turrets-how"), shown < view.turretCount ? `transactions a second of each; the first ${grouped(shown)} of ${grouped(view.turretCount)}` : "transactions a second of each");
    showPoints();
    showTimers(view);
    showTables(view);
    showTurrets(view);
    showLog(view);
  }

  // ---- control ----

  const pause = byId("pause");
  const stop = byId("stop");
  const note = byId("note");
  const load = byId("load");
  const which = byId("which");
  const unit = byId("unit");
  const confirm = byId("confirm");
  let loadsShown = "";

  function say(text, isBad = false) {
    const said = byId("said");
    put(said, plain(text));
    flag(said, "bad", isBad);
  }

  function showControls(view) {
    const { phase, isPaused, loads, fixedTurrets, turretCount } = view;
    const isConnected = byId("link").dataset.state === "connected";
    const canSteer = isConnected && phase === "firing" && fixedTurrets < turretCount;
    put(pause, isPaused ? "Resume" : "Pause");
    pause.disabled = !canSteer;
    stop.disabled = !isConnected || phase === "draining" || phase === "over";
    note.querySelector("button").disabled = !isConnected || phase === "over";
    const changeable = loads.filter(({ whyFixed }) => whyFixed === "");
    load.hidden = changeable.length === 0;
    load.querySelector("button").disabled = !canSteer;
    const shape = JSON.stringify(changeable);
    if (shape === loadsShown) return;
    loadsShown = shape;
    which.textContent = "";
    const kinds = new Set(changeable.map(({ kind }) => kind));
    const choices = changeable.length > 1 && kinds.size === 1 ? [{ turret: "", kind: [...kinds][0] }, ...changeable] : changeable;
    for (const { turret, kind } of choices) {
      const option = document.createElement("option");
      option.value = turret;
      option.dataset.kind = kind;
      option.textContent = turret === "" ? "all" : plain(turret);
      which.append(option);
    }
    byId("which-label").hidden = choices.length < 2;
    nameAmount();
  }

  function nameAmount() {
    const kind = which.selectedOptions[0]?.dataset.kind ?? "cannons";
    put(byId("amount-label"), kind === "rate" ? "Rate /s" : "Cannons");
  }
  which.addEventListener("change", nameAmount);

  async function ask(action) {
    try {
      const response = await fetch("api/v1/control", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(action),
      });
      const reply = await response.json();
      const isDone = response.ok && reply.isDone;
      say(isDone ? `Done: ${reply.text}.` : `Not done: ${reply.text ?? reply.error}.`, !isDone);
      return isDone;
    } catch {
      say("Not done: the HQ does not answer.", true);
      return false;
    }
  }

  pause.addEventListener("click", () => ask({ kind: state.view?.isPaused ? "resume" : "pause" }));
  stop.addEventListener("click", () => confirm.showModal());
  byId("keep").addEventListener("click", () => confirm.close());
  byId("stop-now").addEventListener("click", () => {
    confirm.close();
    ask({ kind: "stop" });
  });
  note.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = byId("note-text");
    if (await ask({ kind: "note", text: text.value })) text.value = "";
  });
  load.addEventListener("submit", (event) => {
    event.preventDefault();
    const { kind } = which.selectedOptions[0].dataset;
    const amount = Number(byId("amount").value);
    const turret = which.value === "" ? {} : { turret: which.value };
    ask({ kind, ...turret, ...(unit.value === "%" ? { percent: amount } : { value: amount }) });
  });

  // ---- what is shown ----

  for (const input of document.querySelectorAll("input[name=range]")) {
    input.addEventListener("change", () => charts.show(Number(input.value)));
  }
  byId("timers").querySelector(".filter").addEventListener("input", () => showTimers(state.view));
  byId("points").addEventListener("toggle", () => state.points && showPoints());

  // ---- the stream ----

  function begin(whole) {
    Object.assign(state, { view: whole.view, points: whole.points, events: whole.events, marks: whole.marks });
    show();
  }

  const COLUMNS = ["plannedPerSec", "ratePerSec", "errorsPerSec", "p50", "p95", "p99", "cannons"];
  function go({ view, points, events, marks }) {
    const { from } = points;
    const kept = state.points;
    if (kept.stepS !== points.stepS || kept.ratePerSec.length < from) return connect();
    const join = (old, fresh) => [...old.slice(0, from), ...fresh];
    const joined = { ...points, from: 0 };
    for (const name of COLUMNS) joined[name] = join(kept[name], points[name]);
    joined.turretsPerSec = points.turretsPerSec.map((turret, i) => ({
      ...turret,
      ratePerSec: join(kept.turretsPerSec[i]?.ratePerSec ?? [], turret.ratePerSec),
    }));
    state.view = view;
    state.points = joined;
    // What came with the whole may come again with the first tick after it.
    const last = state.events.at(-1)?.number ?? -1;
    state.events = [...state.events, ...events.filter(({ number }) => number > last)].slice(-2 * LOG_ROWS);
    if (marks !== undefined) state.marks = marks;
    show();
  }

  function link(name, words) {
    const node = byId("link");
    node.dataset.state = name;
    put(node.lastElementChild, words);
    if (state.view !== undefined) showControls(state.view);
  }

  let source;
  let tries = 0;
  function connect() {
    source?.close();
    source = new EventSource("api/v1/events");
    source.addEventListener("whole", (event) => {
      tries = 0;
      link("connected", "connected");
      begin(JSON.parse(event.data));
    });
    source.addEventListener("tick", (event) => go(JSON.parse(event.data)));
    source.addEventListener("over", (event) => {
      state.isOver = true;
      source.close();
      begin(JSON.parse(event.data));
      link("over", "the HQ has ended; this is the last it said");
    });
    source.addEventListener("error", () => {
      source.close();
      if (state.isOver) return;
      const wait = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)];
      if (byId("link").dataset.state !== "lost") say("The connection to the HQ is lost; trying again.", true);
      link("lost", state.view === undefined ? "the HQ does not answer" : `lost at ${new Date().toLocaleTimeString()}, trying again`);
      setTimeout(connect, wait);
    });
  }
  connect();
})();
