// Data from a file: each transaction signs in as another user, and no user twice in the whole run,
// however many turrets share it. When all have been used the cannons stop.
//
//     oct fire csv-feed.ts -u 2 -d 30s -e TARGET=http://localhost:8080/login
//
// users.csv travels with the script because its name is written in the call.

import { feed, Transaction } from "oct";

interface User {
  readonly name: string;
  readonly password: string;
  readonly city: string;
}

// "sequential" and "shuffled" begin again at the end; "unique" never does.
const users = feed<User>("users.csv", { order: "unique", atEnd: "stop" });

export class Login extends Transaction {
  async run() {
    const user = await users.row(this);
    const answer = await this.http.post(process.env.TARGET ?? "http://localhost:8080/login", {
      form: { name: user.name, password: user.password },
    });
    this.check("signed in", answer.status === 200, { fail: true });
    this.count(`logins from ${user.city}`);
  }
}
