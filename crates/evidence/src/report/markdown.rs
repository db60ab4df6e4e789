//! The same page as Markdown (GitHub's tables). Plots are left out: the tables hold their figures.

use std::fmt::Write as _;

use super::{Block, Page};

pub fn render(page: &Page) -> String {
    let mut text = format!("# {}\n\n{}\n", escape(&page.title), escape(&page.subtitle));
    for section in &page.sections {
        // Writing into a String can't fail.
        let _ = write!(text, "\n## {}\n", section.title);
        for block in &section.blocks {
            add_block(&mut text, block);
        }
    }
    text
}

fn add_block(text: &mut String, block: &Block) {
    let _ = match block {
        Block::Paragraph(words) => write!(text, "\n{}\n", escape(words)),
        Block::Verdict { word, text: reason } => {
            write!(text, "\n**{}** {}\n", escape(word), escape(reason))
        }
        Block::List(items) => {
            text.push('\n');
            let items: String = items
                .iter()
                .map(|item| format!("- {}\n", escape(item)))
                .collect();
            write!(text, "{items}")
        }
        Block::Figure { .. } => Ok(()),
        Block::Table(table) => {
            let row = |cells: &[String]| {
                let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
                format!("| {} |\n", cells.join(" | "))
            };
            let rule: Vec<&str> = table
                .header
                .iter()
                .enumerate()
                .map(|(index, _)| if index == 0 { "---" } else { "--:" })
                .collect();
            let rows: String = table.rows.iter().map(|cells| row(cells)).collect();
            write!(
                text,
                "\n{}:\n\n{}| {} |\n{rows}",
                escape(&table.caption),
                row(&table.header),
                rule.join(" | ")
            )
        }
        Block::Case(case) => {
            let fenced = |value: &str| {
                let fence = "`".repeat(longest_run(value).max(2) + 1);
                format!("{fence}text\n{value}\n{fence}")
            };
            write!(
                text,
                "\n### {}\n\nPrompt:\n\n{}\n\nAnswer:\n\n{}\n\nTarget:\n\n{}\n",
                escape(&case.title),
                fenced(&case.prompt),
                fenced(&case.answer),
                fenced(&case.target)
            )
        }
    };
}

/// Back ticks in a row: a fence has to be longer.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

/// One line in which nothing is markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '#' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}
