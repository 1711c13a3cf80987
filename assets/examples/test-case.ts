// Tests as load, as in Loads: each test_* method is a transaction, an assertion that does not hold a
// failure. One of them alone: oct fire test-case.ts:TestSite.test_search
//
//     oct fire test-case.ts -u 10:20 -c 5 -e TARGET=http://localhost:8080

import { jsonPath, TestCase, xPath } from "oct";

export class TestSite extends TestCase {
  override server_url = process.env.TARGET ?? "http://localhost:8080";

  async test_home() {
    const page = await this.app.get("/");
    const [title] = xPath(page, "//title");
    this.assertEqual(title, "Shop");
  }

  async test_search() {
    const answer = await this.app.get("/search?q=tulip");
    const names = jsonPath(answer, "$.items[?(@.price < 10)].name");
    this.assertIn("tulip", names);
    this.assertLess(names.length, 20, "too many results");
  }
}
