// A chat over WebSocket: each user stays connected, says something and waits until the room hears it.
//
//     oct fire websocket-chat.ts -u 100 -d 1m -e TARGET=ws://localhost:8080/chat
//
// Connects are measured as "chat connect", messages with their answers as "chat round trip"; sockets,
// messages and bytes are counted both ways.

import { Transaction, type WebSocketConnection } from "oct";

export class Chatter extends Transaction {
  #chat: WebSocketConnection | undefined;

  async run() {
    // A field stays from one transaction to the next; a server that closed is connected to again.
    if (!this.#chat?.isOpen) {
      const url = process.env.TARGET ?? "ws://localhost:8080/chat";
      this.#chat = await this.webSocket(url, { name: "chat" });
    }
    const text = `${this.cannon.index}: ${this.random.integer(1, 1_000_000)}`;
    // What others say comes in between: the answer is our own text.
    const heard = await this.#chat.request(text, {
      match: (message) => message === text,
      timeout: 5,
    });
    this.check("heard", heard === text);
    await this.think({ exponential: 0.1 });
  }
}
