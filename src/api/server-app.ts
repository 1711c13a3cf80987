// The session of a TestCase on one server, as Loads' `app`: paths instead of URLs, and what is no
// success is an error.

import { UsageError } from "../base/errors.ts";
import type { HttpResponse } from "../http/response.ts";
import type { HttpSession, RequestOptions } from "./session.ts";

const ERROR_STATUS = 400;

/** Requests to the server of a TestCase. */
export class ServerApp {
  /** Where paths begin; it may be changed. */
  server_url: string;
  readonly #http: HttpSession;

  constructor(http: HttpSession, serverUrl: string) {
    this.#http = http;
    this.server_url = serverUrl;
  }

  /** @example const page = await this.app.get("/cart"); */
  get(path: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("GET", path, options);
  }

  /** @example await this.app.post("/cart", { json: { item: 7 } }); */
  post(path: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("POST", path, options);
  }

  /** @example await this.app.put("/cart/7", { json: { amount: 2 } }); */
  put(path: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PUT", path, options);
  }

  /** @example await this.app.patch("/cart/7", { json: { amount: 2 } }); */
  patch(path: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PATCH", path, options);
  }

  /** @example await this.app.delete("/cart/7"); */
  delete(path: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("DELETE", path, options);
  }

  /** @example await this.app.head("/cart"); */
  head(path: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("HEAD", path, options);
  }

  /** A request of any method. @example await this.app.request("OPTIONS", "/cart"); */
  async request(method: string, path: string, options?: RequestOptions): Promise<HttpResponse> {
    if (this.server_url === "") {
      throw new UsageError("app needs the address of its server", {
        hint: "set server_url in the class, or in the turret's configuration",
      });
    }
    const base = this.server_url.endsWith("/") ? this.server_url : `${this.server_url}/`;
    const url = new URL(path.replace(/^\//, ""), base).href;
    const answer = await this.#http.request(method, url, options);
    if (answer.status < ERROR_STATUS) return answer;
    throw new Error(`${method} answered ${answer.status}`);
  }
}
