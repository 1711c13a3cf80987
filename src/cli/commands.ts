// The table of commands: names, options, help. Each command's work is loaded when it runs, so that
// --version and --help stay quick.

import type { CommandSpec, OptionSpec } from "./command.ts";

const CONFIG_FILE: OptionSpec = {
  flags: "--config-file <file>",
  help: "the configuration to use instead of <project>/config.json",
};
const VALUES: readonly OptionSpec[] = [
  {
    flags: "-e, --env <name=value>",
    help: "a value for the scripts' environment; repeatable",
    isRepeatable: true,
  },
  {
    flags: "--set <key=value>",
    help: "overrides a key of the configuration, e.g. run_time=60 or turrets.0.cannons=20; repeatable",
    isRepeatable: true,
  },
  {
    flags: "--secret <name>",
    help: "the value of this -e name or config key is never kept or printed; repeatable",
    isRepeatable: true,
  },
];

const THRESHOLD: OptionSpec = {
  flags: "--threshold <words>",
  help: 'what the run must keep to: "p95 < 500ms", "errors < 1%, abort"; exit code 99; repeatable',
  isRepeatable: true,
};

/** How much a run says. */
const TELLING: readonly OptionSpec[] = [
  { flags: "-q, --quiet", help: "print nothing but the summary, and what went wrong" },
  { flags: "-v, --verbose", help: "print every event and each turret's line" },
];

/** Figures for other programs. */
const OUT: OptionSpec = {
  flags: "--out <kind[=target]>",
  help: "figures for other programs: json, jsonl, csv, junit, markdown, github, prometheus=URL, prometheus-text, otlp=URL, statsd=HOST:PORT, influx=URL, hdr; repeatable (oct docs outputs)",
  isRepeatable: true,
};
const OUTPUTS: readonly OptionSpec[] = [
  OUT,
  {
    flags: "--notify <url>",
    help: "POST the JSON summary to this URL when the run is over; repeatable",
    isRepeatable: true,
  },
];

/** The live page. */
const DASHBOARD: readonly OptionSpec[] = [
  {
    flags: "--dashboard [host:port]",
    help: "a live page with charts, control and an API (default 127.0.0.1:5004; oct docs dashboard)",
    valueLike: /^(?:(?:\[[0-9a-f:.]+\]|[^:[\]\s/]+)?:)?\d{1,5}$/i,
  },
  {
    flags: "--dashboard-token <token>",
    help: "the page's token (default: OCT_DASHBOARD_TOKEN, else a random one)",
  },
];

/** How and with what `oct fire` and `oct noise` shoot. */
const FIRE: readonly OptionSpec[] = [
  { flags: "-u, --users, --cannons <n>", help: "users at once, or steps of users: 10:20:30" },
  { flags: "-c, --concurrency <n>", help: "users; beside -u: hits per user" },
  { flags: "--hits <n>", help: "transactions of each user, then it ends" },
  { flags: "-n, --requests <n>", help: "transactions of all users together" },
  { flags: "-d, --duration <time>", help: "how long to fire; for each step of users" },
  {
    flags: "--rate <n>",
    help: "transactions that arrive a second, whoever is free (open load)",
  },
  { flags: "--poisson", help: "with --rate: random arrivals instead of evenly spaced ones" },
  { flags: "--stages <list>", help: "lines of users: 30s:50,2m:50,30s:0" },
  {
    flags: "-H, --header <line>",
    help: 'a header, "Name: value"; repeatable',
    isRepeatable: true,
  },
  { flags: "-m, --method <name>", help: "the method (default GET, with a body POST)" },
  { flags: "-b, --body <text>", help: "the body; @file reads it from a file" },
  { flags: "--insecure", help: "do not check the server's certificate" },
  { flags: "--proxy <url>", help: 'http://, https://, socks5:// or socks5h://host:port, or "env"' },
  { flags: "--no-resend", help: "a request fails when its kept-alive connection was closed" },
  { flags: "--threads <n>", help: "OS threads (default: as many as the users need)" },
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "new-project",
    aliases: ["new"],
    usage: "<name>",
    summary: "create a project that works at once",
    options: [{ flags: "-t, --template <file>", help: "a tar or tar.gz archive to start from" }],
    examples: ["oct new shop", "oct new shop -t our-template.tar.gz"],
    run: async (input, env) => (await import("./new-project.ts")).runNewProject(input, env),
  },
  {
    name: "pack-turrets",
    aliases: ["pack"],
    usage: "<project>",
    summary: "make one archive for each turret of the project",
    details:
      "Turrets that join with oct turret --hq need no archive: the HQ sends it. Archives are for oct turret --tar and for turrets in other languages.",
    options: [
      { flags: "--python", help: "add the setup.py that Python turrets install from" },
      CONFIG_FILE,
    ],
    examples: ["oct pack shop", "oct pack shop --python"],
    run: async (input, env) => (await import("./pack-turrets.ts")).runPackTurrets(input, env),
  },
  {
    name: "run",
    aliases: [],
    usage: "<project>",
    summary: "run a project: wait for turrets, fire, collect, report",
    details:
      "Listens for turrets of both kinds: oct turret --hq (port 5003) and OCT protocol 1 (ports 5000 and 5001). Ctrl-C once stops the run and still makes the report; twice stops at once.",
    options: [
      { flags: "-o, --output-dir <dir>", help: "the folder of this run's results; must not exist" },
      {
        flags: "-r, --results <dir>",
        help: "where results folders are made (default <project>/results)",
      },
      { flags: "-d, --directory <dir>", help: "the folder that holds the project (default .)" },
      { flags: "--no-results", help: "collect into the database but make no report" },
      CONFIG_FILE,
      {
        flags: "--local",
        help: "fire from this machine: one turret in this process for each definition",
      },
      { flags: "--plan", help: "say and draw what would be fired, and fire nothing" },
      { flags: "--listen <address>", help: "the address to listen on (default *, all interfaces)" },
      {
        flags: "--wait <duration>",
        help: "give up when min_turrets have not come by then, e.g. 2m",
      },
      { flags: "--seed <number>", help: "the seed of the schedule and of scripts' random numbers" },
      {
        flags: "--replay <results>",
        help: "drive that run again: its configuration, seed, turrets, and what was asked of it",
      },
      ...VALUES,
      THRESHOLD,
      {
        flags: "-p, --publisher-channel <topic>",
        help: "publish every result as it comes (ZeroMQ PUB, port external_publisher: 5002)",
      },
      ...OUTPUTS,
      { flags: "--keep-journal", help: "keep the journal beside the database" },
      ...DASHBOARD,
      ...TELLING,
    ],
    examples: [
      "oct run shop --local",
      "oct run shop --set run_time=60 -e API_KEY=... --secret API_KEY",
    ],
    run: async (input, env) => (await import("./run.ts")).runRun(input, env),
  },
  {
    name: "fire",
    aliases: [],
    usage: "<target>",
    summary: "fire at a URL, or with a script, at once: no project needed",
    details:
      "The target is a URL, a script, or one test of it (script.ts:Class.test_name). Without options: 10 users for 10 s. -c beside -u is hits per user, -c alone is the number of users; the plan that is printed first says how it was read.",
    options: [
      ...FIRE,
      { flags: "--agents <n>", help: "wait for n turrets and give each the whole of it" },
      {
        flags: "--listen <host[:port]>",
        help: "with --agents: where to listen (default *, port 5003)",
      },
      { flags: "--seed <number>", help: "the seed of the schedule and of scripts' random numbers" },
      ...VALUES.filter((option) => !option.flags.startsWith("--set")),
      THRESHOLD,
      ...OUTPUTS,
      { flags: "-o, --output-dir <dir>", help: "keep database and report here; must not exist" },
      ...DASHBOARD,
      ...TELLING,
    ],
    examples: [
      "oct fire http://localhost:8080/ -u 50 -d 30s",
      "oct fire http://localhost:8080/ --rate 1000 -d 1m",
      "oct fire shop.ts -u 10:20:30 -c 20",
      "oct http://localhost:8080/",
    ],
    run: async (input, env) => (await import("./fire.ts")).runFire(input, env),
  },
  {
    name: "ctl",
    aliases: [],
    usage: "<address> <action> [value...]",
    summary: "ask something of a run that fires: pause, resume, stop, cannons, rate, note, status",
    details:
      "The address is that of the run's live page (--dashboard), with its token. cannons and rate take a number, or percent of the plan such as 150%. Every action is marked on the charts and kept with the results. See oct docs control.",
    options: [
      {
        flags: "--token <token>",
        help: "the page's token, where the address does not hold it (or OCT_DASHBOARD_TOKEN)",
      },
      {
        flags: "--turret <name>",
        help: "with cannons and rate: of this definition (default: all that have them)",
      },
    ],
    examples: [
      'oct ctl "http://127.0.0.1:5004/?token=..." status',
      "oct ctl 127.0.0.1:5004 rate 150% --turret shop",
      'oct ctl 127.0.0.1:5004 note "deployed 1.2"',
    ],
    run: async (input, env) => (await import("./ctl.ts")).runCtl(input, env),
  },
  {
    name: "calibrate",
    aliases: [],
    usage: "",
    summary: "measure this machine: the error of its times, and how fast it can fire",
    details:
      "Fires at a target of known delay inside this process at 100, 1,000 and 10,000 requests a second, and holds what was measured against what the target noted; then as fast as one thread can. Takes 15 seconds.",
    options: [],
    examples: ["oct calibrate"],
    run: async (input, env) => (await import("./calibrate.ts")).runCalibrate(input, env),
  },
  {
    name: "noise",
    aliases: [],
    usage: "<target>",
    summary: "measure how far equal runs are apart on this machine",
    details:
      "Fires the same several times in this process and says the smallest difference that oct compare could tell here. Options are those of oct fire. See oct docs compare.",
    options: [
      { flags: "--repeat <n>", help: "how often to fire (default 5)" },
      { flags: "--json <file>", help: "the result for machines" },
      ...FIRE,
      { flags: "--seed <number>", help: "the seed of the schedule and of scripts' random numbers" },
      ...VALUES.filter((option) => !option.flags.startsWith("--set")),
    ],
    examples: [
      "oct noise http://localhost:8080/ --rate 500 -d 30s",
      "oct noise shop.ts -u 20 --repeat 10",
    ],
    run: async (input, env) => (await import("./noise.ts")).runNoise(input, env),
  },
  {
    name: "turret",
    aliases: [],
    usage: "",
    summary: "be a turret: join an HQ, load its script, fire when told",
    details:
      "With --hq the turret needs nothing else: script and settings come from the HQ. With --tar or --config it speaks OCT protocol 1, to an old HQ as well; --hq then overrides the address in the file. It waits for its HQ as long as it takes and is ready again after every run; Ctrl-C ends it.",
    options: [
      { flags: "--hq <host[:port]>", help: "the HQ to join (port 5003 unless told)" },
      {
        flags: "--name <name>",
        help: "the turret definition to serve (default: the least served)",
      },
      { flags: "--tar <file>", help: "an archive of oct pack: OCT protocol 1" },
      { flags: "--config <file>", help: "a turret's config.json: OCT protocol 1" },
      {
        flags: "--threads <n>",
        help: "OS threads to spread the cannons over (default: one a core)",
      },
    ],
    examples: ["oct turret --hq hq.example.org", "oct turret --tar navigation.tar"],
    run: async (input, env) => (await import("./turret.ts")).runTurret(input, env),
  },
  {
    name: "report",
    aliases: [],
    usage: "<results...>",
    summary: "make the HTML report again from a results database or folder",
    details:
      "Takes a results.sqlite of this or of the old OCT, or a results folder; of several, a report each. A folder whose run was killed has a journal instead: its database is made first.",
    options: [
      {
        flags: "-o, --output <file>",
        help: "where to write (default results.html beside the database)",
      },
      { flags: "--template <file>", help: "an eta template to use instead of the shipped one" },
      {
        flags: "--baseline <results>",
        help: "hold each against this run, as oct compare does, in a section of the report",
      },
      OUT,
      { flags: "--force", help: "with --baseline: compare what should not be compared" },
    ],
    examples: [
      "oct report shop/results/results_2026.01.31_10.20.30_123456/results.sqlite",
      "oct report new.sqlite --baseline base.sqlite",
    ],
    run: async (input, env) => (await import("./report.ts")).runReport(input, env),
  },
  {
    name: "compare",
    aliases: [],
    usage: "<base> <new>",
    summary: "hold a run against an earlier one: slower, faster, same, or cannot tell",
    details:
      "Takes results databases or folders. Runs of different plans or machines, and runs that are not VALID, are refused unless forced. Exits with 99 where --fail-on finds what it names. See oct docs compare.",
    options: [
      {
        flags: "--fail-on <what>",
        help: "slower, errors or any (any difference): exit code 99; repeatable",
        isRepeatable: true,
      },
      {
        flags: "--margin <percent>",
        help: '"same" means a smaller difference than this (default 5)',
      },
      {
        flags: "--floor <percent>",
        help: "smaller differences are not told, e.g. the floor of oct noise (default 1)",
      },
      { flags: "--force", help: "compare what should not be compared, and say so" },
      { flags: "--json <file>", help: "the comparison for machines" },
      { flags: "--html <file>", help: "the comparison as a page" },
    ],
    examples: [
      "oct compare results/results_2026.01.30_10.20.30_123456 results/results_2026.01.31_10.20.30_654321",
      "oct compare base.sqlite new.sqlite --fail-on slower --fail-on errors",
    ],
    run: async (input, env) => (await import("./compare.ts")).runCompare(input, env),
  },
  {
    name: "runs",
    aliases: [],
    usage: "[project]",
    summary: "list the past runs of a project, newest first",
    options: [{ flags: "--limit <n>", help: "how many to list (default 20)" }],
    examples: ["oct runs shop", "oct runs shop/results"],
    run: async (input, env) => (await import("./runs.ts")).runRuns(input, env),
  },
  {
    name: "open",
    aliases: [],
    usage: "[project]",
    summary: "open the latest report of a project",
    details: "Prints the path of the report, and opens it where this system can.",
    options: [],
    examples: ["oct open shop"],
    run: async (input, env) => (await import("./open.ts")).runOpen(input, env),
  },
  {
    name: "rebuild-results",
    aliases: ["rebuild"],
    usage: "<results-dir> <config|sqlite> [config]",
    summary: "rebuild the report of a results folder, with the project's template and config",
    details:
      "Both forms are read: oct rebuild DIR SQLITE CONFIG of the documentation, and oct rebuild DIR CONFIG -f SQLITE. A folder with a journal gets its database back first.",
    options: [
      {
        flags: "-f, --results-file <file>",
        help: "the database to use instead of the configured one",
      },
    ],
    examples: ["oct rebuild . results.sqlite config.json", "oct rebuild . config.json"],
    run: async (input, env) => (await import("./rebuild-results.ts")).runRebuildResults(input, env),
  },
  {
    name: "results-to-csv",
    aliases: ["to-csv"],
    usage: "<result-file> <output-file>",
    summary: "write the rows of a results database as CSV",
    options: [{ flags: "-d, --delimiter <char>", help: "one character between cells (default ;)" }],
    examples: [
      "oct to-csv results.sqlite results.csv",
      "oct to-csv -d , results.sqlite results.csv",
    ],
    run: async (input, env) => (await import("./results-to-csv.ts")).runResultsToCsv(input, env),
  },
  {
    name: "docs",
    aliases: [],
    usage: "[topic]",
    summary: "print a guide; without a topic, list them",
    options: [],
    examples: ["oct docs", "oct docs turret"],
    run: async (input, env) => (await import("./docs.ts")).runDocs(input, env),
  },
];

/** The command called `name`, by name or alias. */
export function findCommand(name: string): CommandSpec | undefined {
  return COMMANDS.find((command) => command.name === name || command.aliases.includes(name));
}
