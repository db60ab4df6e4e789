// Server-sent events from a fetch body: EventSource could send no key.

export interface ServerEvent {
  name: string;
  data: string;
}

/** Takes the stream's text in any pieces and hands on whole events. Comments (keep-alive) are left out. */
export function eventParser(take: (event: ServerEvent) => void): (piece: string) => void {
  let rest = "";
  return (piece) => {
    const lines = (rest + piece).replace(/\r\n?/g, "\n").split("\n\n");
    rest = lines.pop() ?? "";
    for (const block of lines) {
      const event = eventOf(block);
      if (event) take(event);
    }
  };
}

function eventOf(block: string): ServerEvent | null {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (line.startsWith("event:")) name = value;
    else if (line.startsWith("data:")) data.push(value);
  }
  return data.length === 0 ? null : { name, data: data.join("\n") };
}
