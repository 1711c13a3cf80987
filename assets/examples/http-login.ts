// An HTTP API with a login: each user signs in once, keeps its token, and then buys.
//
//     oct fire http-login.ts -u 20 -d 30s -e TARGET=http://localhost:8080
//
// Requests measure themselves under names such as "GET /api/items/:id".

import { Transaction } from "oct";

export class Shopper extends Transaction {
  #isSignedIn = false;

  // setup runs before each transaction and is not timed: the login happens in the first one only.
  async setup() {
    if (this.#isSignedIn) return;
    this.http.baseUrl = process.env.TARGET ?? "http://localhost:8080";
    const answer = await this.http.post("/api/login", {
      json: { user: `user${this.cannon.index}`, password: "secret" },
    });
    if (answer.status !== 200) throw new Error(`login answered ${answer.status}`);
    this.http.headers = { Authorization: `Bearer ${answer.json().token}` };
    this.#isSignedIn = true;
  }

  async run() {
    const id = this.random.integer(1, 1000);
    const item = await this.http.get(`/api/items/${id}`);
    this.check(item, {
      "item is there": (one) => one.status === 200,
      "item has a price": (one) => one.json().price > 0,
    });

    // Several requests under one name: what a user would call buying.
    await this.timer("buy", async () => {
      await this.http.post("/api/cart", { json: { item: id } });
      const order = await this.http.post("/api/order");
      this.check("order is made", order.status === 201, { fail: true });
    });
    this.count("items sold");
  }
}
