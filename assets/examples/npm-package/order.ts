// A package from npm in a script: each order gets an id of its own.
//
//     oct run npm-package --local -e TARGET=http://localhost:8080/orders

import { nanoid } from "nanoid";
import { Transaction } from "oct";

export class Order extends Transaction {
  async run() {
    const id = nanoid();
    const answer = await this.http.post(process.env.TARGET ?? "http://localhost:8080/orders", {
      json: { id },
      name: "POST /orders",
    });
    this.check("order is taken", answer.status === 201 && answer.json().id === id);
    await this.think({ uniform: [0.01, 0.05] });
  }
}
