//! Raw terminal output as the lines that a reader would have seen.
//!
//! The rules of the client's own emulation (`core/internal/terminalemulator`, and checked with
//! 0.31.0): a carriage return goes to the start of the line, a line feed also goes down, `ESC [ A`
//! and `ESC [ B` move within the last 32 lines, what is printed replaces what stood there, 4,096
//! characters of a line are kept, stdout and stderr have a cursor each. Colours, erasing and all
//! other sequences stay in the text, as they do there; [`Emulation::Erasing`] does more.

use std::collections::VecDeque;

use crate::file_stream::ConsoleLine;
use crate::offline::{OutputPiece, OutputStream};
use crate::time::Timestamp;

const VIEW_LINES: usize = 32;
const LINE_CHARACTERS: usize = 4_096;
/// Longer sequences than any that moves a cursor are text.
const SEQUENCE_CHARACTERS: usize = 16;

/// Which sequences have an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emulation {
    /// Those of the official client, so that an import gives the lines that `wandb sync` gives.
    #[default]
    Official,
    /// Also counts of cursor moves (`ESC [ 3 A`) and erasing in a line (`ESC [ K`), as terminals
    /// have them.
    Erasing,
}

/// Two terminals that print into one list of lines.
#[derive(Debug, Clone, Default)]
pub struct Console {
    emulation: Emulation,
    lines: Vec<Line>,
    stdout: Terminal,
    stderr: Terminal,
}

#[derive(Debug, Clone)]
struct Line {
    stream: OutputStream,
    /// When the line began.
    timestamp: Option<Timestamp>,
    characters: Vec<char>,
}

impl Console {
    pub fn new(emulation: Emulation) -> Self {
        Self {
            emulation,
            ..Self::default()
        }
    }

    /// All that was printed, line by line.
    pub fn lines_of(pieces: &[OutputPiece], emulation: Emulation) -> Vec<ConsoleLine> {
        let mut console = Self::new(emulation);
        for piece in pieces {
            console.print(piece.stream, piece.timestamp, &piece.text);
        }
        console.lines()
    }

    pub fn print(&mut self, stream: OutputStream, timestamp: Option<Timestamp>, text: &str) {
        let terminal = match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        };
        let mut page = Page {
            emulation: self.emulation,
            lines: &mut self.lines,
            stream,
            timestamp,
        };
        for character in text.chars() {
            terminal.take(character, &mut page);
        }
    }

    pub fn lines(&self) -> Vec<ConsoleLine> {
        let lines = self.lines.iter().map(|line| ConsoleLine {
            timestamp: line.timestamp.map(Timestamp::to_console),
            is_error: line.stream == OutputStream::Stderr,
            label: None,
            text: line.characters.iter().collect(),
        });
        lines.collect()
    }
}

/// Where a terminal writes, and what new lines begin with.
struct Page<'a> {
    emulation: Emulation,
    lines: &'a mut Vec<Line>,
    stream: OutputStream,
    timestamp: Option<Timestamp>,
}

impl Page<'_> {
    fn new_line(&mut self) -> usize {
        self.lines.push(Line {
            stream: self.stream,
            timestamp: self.timestamp,
            characters: Vec::new(),
        });
        self.lines.len() - 1
    }

    /// A line that may still change: one of the last of both streams together.
    fn line(&mut self, number: usize) -> Option<&mut Vec<char>> {
        let first_open = self.lines.len().saturating_sub(VIEW_LINES);
        let line = self
            .lines
            .get_mut(number)
            .filter(|_| number >= first_open)?;
        Some(&mut line.characters)
    }
}

#[derive(Debug, Clone, Default)]
struct Terminal {
    /// Numbers of the lines that the cursor can reach. Lines come to be when something is printed
    /// in them or below.
    view: VecDeque<usize>,
    row: usize,
    column: usize,
    /// An escape sequence that has begun.
    sequence: String,
}

impl Terminal {
    fn take(&mut self, character: char, page: &mut Page<'_>) {
        match (self.sequence.len(), character) {
            (0, '\r') => self.column = 0,
            (0, '\n') => self.line_feed(),
            (0, '\u{1b}') => self.sequence.push(character),
            (0, _) => self.put(character, page),
            (1, '[') => self.sequence.push(character),
            (1, _) => self.give_up_sequence(character, page),
            (length, '0'..='9' | ';') if length < SEQUENCE_CHARACTERS => {
                self.sequence.push(character);
            }
            _ => self.finish_sequence(character, page),
        }
    }

    fn finish_sequence(&mut self, last: char, page: &mut Page<'_>) {
        let parameter = self.sequence.get(2..).unwrap_or_default();
        let number = match parameter {
            "" => None,
            digits => match digits.parse::<usize>() {
                Ok(number) => Some(number),
                Err(_) => return self.give_up_sequence(last, page),
            },
        };
        let is_plain = number.is_none() && last != 'K';
        if page.emulation == Emulation::Official && !is_plain {
            return self.give_up_sequence(last, page);
        }
        // Further than twice the view is the same as that.
        let count = number.unwrap_or(1).clamp(1, 2 * VIEW_LINES);
        match last {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => (0..count).for_each(|_| self.cursor_down()),
            'K' => self.erase(number.unwrap_or(0), page),
            _ => return self.give_up_sequence(last, page),
        }
        self.sequence.clear();
    }

    /// An unknown sequence is text, and so is what follows, unless it controls the terminal.
    fn give_up_sequence(&mut self, last: char, page: &mut Page<'_>) {
        for character in std::mem::take(&mut self.sequence).chars() {
            self.put(character, page);
        }
        self.take(last, page);
    }

    fn put(&mut self, character: char, page: &mut Page<'_>) {
        while self.row >= self.view.len() {
            self.view.push_back(page.new_line());
        }
        let column = self.column;
        self.column += 1;
        if column >= LINE_CHARACTERS {
            return;
        }
        let number = self.view.get(self.row).copied();
        let Some(line) = number.and_then(|number| page.line(number)) else {
            return;
        };
        if line.len() <= column {
            line.resize(column + 1, ' ');
        }
        line[column] = character;
    }

    /// `ESC [ 0 K` to the end of the line, 1 from its start, 2 all of it.
    fn erase(&mut self, mode: usize, page: &mut Page<'_>) {
        let number = self.view.get(self.row).copied();
        let Some(line) = number.and_then(|number| page.line(number)) else {
            return;
        };
        match mode {
            0 => line.truncate(self.column),
            1 => line
                .iter_mut()
                .take(self.column + 1)
                .for_each(|old| *old = ' '),
            _ => line.clear(),
        }
    }

    fn line_feed(&mut self) {
        self.column = 0;
        self.cursor_down();
    }

    fn cursor_down(&mut self) {
        self.row += 1;
        if self.row >= VIEW_LINES {
            self.view.pop_front();
            self.row -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printed(pieces: &[&str]) -> Vec<String> {
        printed_by(Emulation::Official, pieces)
    }

    fn printed_by(emulation: Emulation, pieces: &[&str]) -> Vec<String> {
        let mut console = Console::new(emulation);
        for piece in pieces {
            console.print(OutputStream::Stdout, None, piece);
        }
        console.lines().into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn carriage_returns_overwrite() {
        assert_eq!(printed(&["one\ntwo\rwh"]), ["one", "who"]);
        assert_eq!(
            printed(&["10%\r", "20%\r", "100%\n", "done"]),
            ["100%", "done"]
        );
        assert_eq!(printed(&["a\r\nb\r\n"]), ["a", "b"]);
    }

    #[test]
    fn the_cursor_moves_up_and_down() {
        assert_eq!(
            printed(&["one\ntwo", "\u{1b}[Arous\u{1b}[Btasks"]),
            ["onerous", "two    tasks"]
        );
        assert_eq!(printed(&["\u{1b}[Atop\u{1b}", "[A!"]), ["top!"]);
    }

    #[test]
    fn two_progress_bars() {
        let bars = "a 0%\nb 0%\u{1b}[A\ra 50%\n\rb 9%\u{1b}[A\r\u{1b}[Ka done\n\u{1b}[2K\rb done\n";
        let erasing = |pieces: &[&str]| printed_by(Emulation::Erasing, pieces);
        assert_eq!(erasing(&[bars]), ["a done", "b done"]);
        assert_eq!(erasing(&["abcdef\r\u{1b}[1K", "x"]), ["xbcdef"]);
        assert_eq!(
            erasing(&["a\nb\nc\n\u{1b}[3", "AX\n\u{1b}[1BZ"]),
            ["X", "b", "Z"]
        );
        assert_eq!(erasing(&["\u{1b}[Atop\u{1b}[99A!"]), ["top!"]);
    }

    /// `output.log` of 0.31.0 for the same prints.
    #[test]
    fn the_official_client_erases_nothing() {
        let pieces = [
            "abcdef\u{1b}[2K\rxy\n",
            "l1\nl2\nl3\u{1b}[2AUP\n\n",
            "tail\u{8}\u{8}Z\ttab\nk\u{1b}[Kz\n",
        ];
        let expected = [
            "xycdef\u{1b}[2K",
            "l1",
            "l2",
            "l3\u{1b}[2AUP",
            "",
            "tail\u{8}\u{8}Z\ttab",
            "k\u{1b}[Kz",
        ];
        assert_eq!(printed(&pieces), expected);
    }

    #[test]
    fn colours_and_strange_sequences_stay_text() {
        for text in [
            "\u{1b}[36mweave\u{1b}[0m: ok",
            "\u{1b}?\u{1b}[?",
            "\u{1b}[1;2A",
            "\u{1b}[12345678901234567890A",
        ] {
            assert_eq!(printed(&[text]), [text]);
            assert_eq!(printed_by(Emulation::Erasing, &[text]), [text]);
        }
        assert_eq!(printed(&["\u{1b}\nx"]), ["\u{1b}", "x"]);
    }

    #[test]
    fn lines_out_of_view_are_settled() {
        let many: String = (0..40).map(|number| format!("{number}\n")).collect();
        let lines = printed(&[&many, &"\u{1b}[A".repeat(64), "top"]);
        assert_eq!(lines.len(), 40);
        // 31 lines and the empty one below them are in view.
        assert_eq!((lines[8].as_str(), lines[9].as_str()), ("8", "top"));
    }

    #[test]
    fn empty_lines_come_with_what_follows() {
        assert_eq!(printed(&["a\n\n\nb\n\n"]), ["a", "", "", "b"]);
    }

    #[test]
    fn streams_have_their_own_cursor_and_mark() {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        let mut console = Console::new(Emulation::Official);
        console.print(OutputStream::Stdout, at(0), "half");
        console.print(OutputStream::Stderr, at(1), "oh\n");
        console.print(OutputStream::Stdout, at(2), " done\n");
        let lines: Vec<_> = console.lines().iter().map(ConsoleLine::to_legacy).collect();
        assert_eq!(
            lines,
            [
                "1970-01-01T00:00:00.000000 half done",
                "ERROR 1970-01-01T00:00:01.000000 oh"
            ]
        );
    }

    #[test]
    fn long_lines_are_cut() {
        let lines = printed(&[&"x".repeat(10_000), "\rA"]);
        assert_eq!((lines[0].len(), &lines[0][..2]), (LINE_CHARACTERS, "Ax"));
    }

    proptest! {
        #[test]
        fn anything_can_be_printed(
            text in r"[ab\r\n\u{1b}\[0-9;ABK日]{0,200}",
            is_official in any::<bool>(),
        ) {
            let emulation = if is_official { Emulation::Official } else { Emulation::Erasing };
            let mut console = Console::new(emulation);
            for character in text.chars() {
                console.print(OutputStream::Stderr, None, &character.to_string());
            }
            let whole = printed_by(emulation, &[&text]);
            let pieces: Vec<_> = console.lines().into_iter().map(|line| line.text).collect();
            prop_assert_eq!(whole, pieces);
        }
    }
}
