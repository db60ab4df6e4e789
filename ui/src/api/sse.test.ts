import { expect, test } from "vitest";
import { eventParser, type ServerEvent } from "./sse";

function parse(pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const push = eventParser((event) => events.push(event));
  pieces.forEach(push);
  return events;
}

test("events cut anywhere come out whole, comments stay out", () => {
  const text = 'event: ready\ndata: {}\n\n: keep\n\nevent: lines\ndata: {"run":"a"}\n\nevent: half';
  const whole = parse([text]);
  expect(whole).toEqual([
    { name: "ready", data: "{}" },
    { name: "lines", data: '{"run":"a"}' },
  ]);
  expect(parse([...text])).toEqual(whole);
});

test("data over several lines is one text, carriage returns are line ends", () => {
  expect(parse(["data: a\r\ndata: b\r\n\r\n"])).toEqual([{ name: "message", data: "a\nb" }]);
});
