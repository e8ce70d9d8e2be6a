// Each line of input is {"client": …, "url": …}: fetch the feed, have the client parse it, and answer
// in one line with what it shows: {"seen": [{id, title, content, updated}], "deleted": [ids]}.
import { createInterface } from "node:readline";
import { parseFeed } from "feedsmith";
import Parser from "rss-parser";

const text = (one) => (one && typeof one === "object" ? (one.value ?? one.text) : one) ?? "";

// A deletion would be told in a member that names it, wherever a parser puts that.
const deletedIn = (feed) =>
  Object.entries(feed)
    .filter(([key]) => /deleted/i.test(key))
    .flatMap(([, value]) => JSON.stringify(value));

const shown = {
  async feedsmith(url) {
    const answer = await fetch(url);
    const { feed } = parseFeed(await answer.text());
    const seen = (feed.entries ?? feed.items ?? []).map((one) => ({
      id: text(one.id ?? one.guid),
      title: text(one.title),
      content: text(one.content_html ?? one.content?.encoded ?? one.content),
      updated: text(one.updated ?? one.date_modified ?? one.atom?.updated ?? one.pubDate),
    }));
    return { seen, deleted: deletedIn(feed) };
  },
  async "rss-parser"(url) {
    const feed = await new Parser().parseURL(url);
    const seen = feed.items.map((one) => ({
      id: one.guid ?? one.id,
      title: one.title,
      content: one["content:encoded"] ?? one.content,
      updated: one.updated ?? one.isoDate,
    }));
    return { seen, deleted: deletedIn(feed) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { client, url } = JSON.parse(line);
  let answer;
  try {
    answer = await shown[client](url);
  } catch (error) {
    answer = { error: `${client} of ${url}: ${error.stack}` };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
