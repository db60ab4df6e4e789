// Colours of a terminal: what a line says, in pieces of one look each. Everything else a terminal would do is dropped.

export interface AnsiPiece {
  text: string;
  /** 0–15 of a terminal's palette; null is the text's own. */
  colour: number | null;
  isBold: boolean;
}

const sequence = /\u001b(?:\[([0-?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export function ansiPieces(line: string): AnsiPiece[] {
  const pieces: AnsiPiece[] = [];
  let [colour, isBold, from]: [number | null, boolean, number] = [null, false, 0];
  const take = (to: number) => {
    if (to > from) pieces.push({ text: line.slice(from, to), colour, isBold });
  };
  for (const found of line.matchAll(sequence)) {
    take(found.index);
    from = found.index + found[0].length;
    if (found[2] !== "m") continue;
    const codes = (found[1] ?? "").split(";").map(Number);
    for (let at = 0; at < codes.length; at++) {
      const code = codes[at] ?? 0;
      if (code === 0) [colour, isBold] = [null, false];
      else if (code === 1) isBold = true;
      else if (code === 22) isBold = false;
      else if (code === 39) colour = null;
      else if (code >= 30 && code <= 37) colour = code - 30;
      else if (code >= 90 && code <= 97) colour = code - 82;
      else if (code === 38 || code === 48) {
        // 256 colours and true colours: the first sixteen are the palette's, the others keep the text's own.
        const index = codes[at + 1] === 5 ? (codes[at + 2] ?? 16) : 16;
        if (code === 38) colour = index < 16 ? index : null;
        at += codes[at + 1] === 5 ? 2 : 4;
      }
    }
  }
  take(line.length);
  return pieces;
}
