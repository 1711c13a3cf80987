// Uploading files as a browser's form does.
//
//     oct fire file-upload.ts -u 10 -d 30s -e TARGET=http://localhost:8080/upload

import { Transaction } from "oct";

// Made once, not in each transaction: making bytes costs the generator time.
const SMALL = new Uint8Array(10_000).fill(120);
const LARGE = new Uint8Array(1_000_000).fill(121);

export class Uploader extends Transaction {
  async run() {
    const isLarge = this.random.unit() < 0.1;
    // Tags divide what is measured here: "upload" and "upload{size:large}".
    this.tags = { size: isLarge ? "large" : "small" };
    const answer = await this.timer("upload", () =>
      this.http.post(process.env.TARGET ?? "http://localhost:8080/upload", {
        multipart: {
          title: `file of cannon ${this.cannon.index}`,
          file: { filename: "picture.bin", content: isLarge ? LARGE : SMALL },
        },
        timeout: 30,
      }),
    );
    this.check("is stored", answer.status === 201, { fail: true });
  }
}
