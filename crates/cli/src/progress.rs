//! Progress: bars on a terminal, else a plain line every few seconds.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Between two plain lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// A bar over a known or unknown number of things, with a message.
pub struct Bar {
    bar: Option<ProgressBar>,
    label: String,
    last_line: Instant,
}

impl Bar {
    pub fn new(label: &str, template: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            // A template that indicatif refuses would only cost its looks.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar
        });
        Self {
            bar,
            label: label.to_string(),
            last_line: Instant::now(),
        }
    }

    /// `line` describes the position where there is no terminal.
    pub fn set(
        &mut self,
        position: u64,
        total: Option<u64>,
        message: String,
        line: impl FnOnce() -> String,
    ) {
        match &self.bar {
            Some(bar) => {
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(position);
                bar.set_message(message);
            }
            None if self.last_line.elapsed() >= INTERVAL => {
                self.last_line = Instant::now();
                eprint_line(&format!("{}: {}", self.label, line()));
            }
            None => {}
        }
    }

    /// A line of the result, above the bar where there is one.
    pub fn note_or(&self, out: &crate::out::Out, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| out.say(text)),
            None => out.say(text),
        }
    }

    /// A line that stays, above the bar.
    pub fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprint_line(text),
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

fn eprint_line(text: &str) {
    use std::io::Write;
    // Nobody reads any more: no reason to fail.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

pub struct DownloadBar(Bar);

impl DownloadBar {
    pub fn new(label: &str) -> Self {
        Self(Bar::new(
            label,
            "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg}",
        ))
    }

    pub fn set(&mut self, there: u64, size: Option<u64>) {
        let label = self.0.label.clone();
        self.0.set(there, size, label, || {
            let of = size.map(|size| format!(" of {}", crate::out::bytes(size)));
            format!("{}{}", crate::out::bytes(there), of.unwrap_or_default())
        });
    }

    pub fn finish(&self) {
        self.0.finish();
    }
}
