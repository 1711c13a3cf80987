// A database and a cache through what Bun brings along: PostgreSQL and Redis, no packages needed.
//
//     oct fire postgres-redis.ts -u 10 -d 30s \
//       -e POSTGRES=postgres://shop:secret@localhost:5432/shop -e REDIS=redis://localhost:6379 \
//       --secret POSTGRES
//
// The clients are made once for each thread of the turret and shared by its cannons. Queries that wait
// for one of the connections are timed with their wait: give as many connections as matter.

import { RedisClient, SQL } from "bun";
import { once, Transaction } from "oct";

const sql = new SQL(process.env.POSTGRES ?? "postgres://localhost:5432/postgres", { max: 10 });
const redis = new RedisClient(process.env.REDIS ?? "redis://localhost:6379");

export class Reader extends Transaction {
  async setup() {
    // One of all cannons of the turret makes the table, the others wait for it.
    await once("table", async () => {
      await sql`create table if not exists oct_items (id int primary key, name text)`;
      await sql`insert into oct_items select i, 'item ' || i from generate_series(1, 100) i
                on conflict do nothing`;
    });
  }

  async run() {
    const id = this.random.integer(1, 100);
    const cached = await this.timer("redis get", () => redis.get(`item:${id}`));
    this.count(cached === null ? "cache misses" : "cache hits");
    if (cached !== null) return;
    const [row] = await this.timer(
      "select item",
      () => sql`select name from oct_items where id = ${id}`,
    );
    this.check("row is there", row?.name === `item ${id}`, { fail: true });
    await this.timer("redis set", () => redis.set(`item:${id}`, row.name));
  }
}
