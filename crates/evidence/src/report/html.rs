//! A page as one HTML file: style and plots inside, nothing fetched, no script. Every text is
//! escaped here, so nothing that a row says can become markup.

use std::fmt::Write as _;

use super::{Block, Case, Page, Section, Table};

const STYLE: &str = include_str!("style.css");

pub fn render(page: &Page) -> String {
    let title = escape(&page.title);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header><p class=\"brand\">gradus report</p><h1>{title}</h1><p>{}</p></header>\n<nav aria-label=\"Sections\"><ul>",
        escape(&page.subtitle)
    );
    for section in &page.sections {
        // Writing into a String can't fail.
        let _ = write!(
            text,
            "<li><a href=\"#{}\">{}</a></li>",
            section.id,
            escape(section.title)
        );
    }
    text.push_str("</ul></nav>\n<main>\n");
    for section in &page.sections {
        add_section(&mut text, section);
    }
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

fn add_section(text: &mut String, section: &Section) {
    let _ = writeln!(
        text,
        "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>",
        section.id,
        escape(section.title)
    );
    for block in &section.blocks {
        add_block(text, block);
    }
    text.push_str("</section>\n");
}

fn add_block(text: &mut String, block: &Block) {
    let _ = match block {
        Block::Paragraph(words) => writeln!(text, "<p>{}</p>", escape(words)),
        Block::Verdict { word, text: reason } => writeln!(
            text,
            "<p class=\"verdict {}\"><strong>{}</strong> {}</p>",
            kind_of(word),
            escape(word),
            escape(reason)
        ),
        Block::List(items) => {
            let items: String = items
                .iter()
                .map(|item| format!("<li>{}</li>", escape(item)))
                .collect();
            writeln!(text, "<ul>{items}</ul>")
        }
        // Plots are drawn by `svg`, which escapes its own texts.
        Block::Figure { svg, caption } => writeln!(
            text,
            "<figure>{svg}<figcaption>{}</figcaption></figure>",
            escape(caption)
        ),
        Block::Table(table) => {
            add_table(text, table);
            Ok(())
        }
        Block::Case(case) => {
            add_case(text, case);
            Ok(())
        }
    };
}

/// Green, red or neither.
fn kind_of(word: &str) -> &'static str {
    match word {
        "promote" | "better" => "good",
        "reject" | "worse" | "refused" => "bad",
        _ => "open",
    }
}

fn add_table(text: &mut String, table: &Table) {
    let _ = write!(
        text,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><caption>{0}</caption>",
        escape(&table.caption)
    );
    if table.header.iter().any(|cell| !cell.is_empty()) {
        text.push_str("<thead><tr>");
        for cell in &table.header {
            let _ = write!(text, "<th scope=\"col\">{}</th>", escape(cell));
        }
        text.push_str("</tr></thead>");
    }
    text.push_str("<tbody>\n");
    for row in &table.rows {
        text.push_str("<tr>");
        for (index, cell) in row.iter().enumerate() {
            let _ = match index {
                0 => write!(text, "<th scope=\"row\">{}</th>", escape(cell)),
                _ => write!(text, "<td>{}</td>", escape(cell)),
            };
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>\n");
}

fn add_case(text: &mut String, case: &Case) {
    let _ = writeln!(
        text,
        "<details><summary>{}</summary><dl>",
        escape(&case.title)
    );
    for (name, value) in [
        ("Prompt", &case.prompt),
        ("Answer", &case.answer),
        ("Target", &case.target),
    ] {
        let _ = writeln!(text, "<dt>{name}</dt><dd><pre>{}</pre></dd>", escape(value));
    }
    text.push_str("</dl></details>\n");
}

/// Text as it may stand in an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // What no HTML text may hold.
            letter if letter.is_control() && !matches!(letter, '\n' | '\t' | '\r') => {
                escaped.push('\u{fffd}')
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}
