//! Asking the judges that a task declares, about every answer that has none yet.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use gradus_schema::{ChatMessage, EvalRow, Judgement};

use crate::answer::RawAnswer;
use crate::openai::{Client, EndpointOptions};
use crate::pool;
use crate::score::primary_answer;
use crate::task::{Task, TaskRow};
use crate::{Error, Result};

/// One question to one judge.
struct Case<'a> {
    /// Place of the row among the records.
    at: usize,
    grader: &'a str,
    client: usize,
    messages: Vec<ChatMessage>,
}

/// Asks about every evaluated row; `deliver` takes (row's place, grader, judgement). A judgement
/// that failed in transport is asked for again, one that merely has no score is not.
pub(crate) fn judge(
    task: &Task,
    rows: &[TaskRow],
    records: &[EvalRow],
    options: &EndpointOptions,
    stop: &AtomicBool,
    deliver: &mut dyn FnMut(usize, &str, Judgement) -> Result<()>,
) -> Result<()> {
    let judges: BTreeMap<&str, _> = task.graders.judges().collect();
    let judged = EndpointOptions {
        structured: false,
        served_as: Vec::new(),
        ..options.clone()
    };
    let clients: Vec<Client> = judges
        .values()
        .map(|judge| {
            let price = task.file.prices.get(&judge.model.model).cloned();
            Client::new(
                judge.model.clone(),
                EndpointOptions {
                    price,
                    ..judged.clone()
                },
            )
        })
        .collect();
    let mut cases = Vec::new();
    for (at, (row, record)) in rows.iter().zip(records).enumerate() {
        let Some(answer) = primary_answer(record).filter(|answer| answer.served_as_requested)
        else {
            continue;
        };
        let Some(text) = answer.raw.as_deref() else {
            continue;
        };
        for (client, (grader, judge)) in judges.iter().enumerate() {
            let there = answer.judgements.get(*grader);
            if there.is_some_and(|judgement| judgement.raw.is_some()) {
                continue;
            }
            let question = judge
                .question(&row.fields, &row.target, text)
                .map_err(|problem| {
                    Error::Configuration(format!(
                        "the rubric of '{grader}', row {}: {problem}",
                        row.id
                    ))
                })?;
            let messages = vec![ChatMessage::new("user", question)];
            cases.push(Case {
                at,
                grader,
                client,
                messages,
            });
        }
    }
    let work = |index: usize| {
        let case = &cases[index];
        let asked = clients[case.client].ask(&case.messages, None, index as u64, stop)?;
        let answered_by = asked.answered_by;
        let RawAnswer {
            completion,
            tokens,
            cost,
            ..
        } = asked.raw;
        let failure = completion.as_ref().err().copied();
        Some(Ok(Judgement {
            raw: completion.ok(),
            failure,
            answered_by,
            tokens,
            cost,
        }))
    };
    pool::each(
        cases.len(),
        options.concurrency,
        stop,
        work,
        &mut |index, judgement| deliver(cases[index].at, cases[index].grader, judgement),
    )
}
