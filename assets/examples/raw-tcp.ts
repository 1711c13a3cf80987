// A protocol of lines over a raw TCP socket, here an SMTP server: greeting, EHLO, QUIT.
//
//     oct fire raw-tcp.ts -u 5 -d 10s -e HOST=localhost -e PORT=2525
//
// With `tls: true` the same over TLS; `this.udp` is for datagrams.

import { Transaction } from "oct";

export class Mailer extends Transaction {
  async run() {
    const host = process.env.HOST ?? "localhost";
    const port = Number(process.env.PORT ?? 2525);
    // `using` closes the connection at the end of run, whatever happens. Measured as "smtp connect".
    using socket = await this.tcp({ host, port, timeout: 5, name: "smtp" });
    this.check("greets", (await socket.readLine()).startsWith("220"));

    await this.timer("EHLO", async () => {
      await socket.write("EHLO load.example.org\r\n");
      // Several lines, the last one without a dash behind the code.
      for (let line = "250-"; line.startsWith("250-"); ) line = await socket.readLine();
    });

    await socket.write("QUIT\r\n");
    this.check("says goodbye", (await socket.readLine({ timeout: 2 })).startsWith("221"));
  }
}
