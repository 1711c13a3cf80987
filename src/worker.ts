// Entry of a cannon thread; beside main.ts so that one URL recipe finds it in source and binary.

import { startThread } from "./turret/thread.ts";

startThread();
