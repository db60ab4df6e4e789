//! Live events for pages: server-sent events (<https://html.spec.whatwg.org/#server-sent-events>).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use super::asked::{Denied, InQuery, Who, bad_input};
use crate::app::App;
use crate::http::auth;
use crate::live::LiveEvent;

/// Events that wait for one page; the rest waits where all of them are.
const CAPACITY: usize = 64;
/// Pages connect anew by themselves.
const LONGEST: Duration = Duration::from_secs(3600);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsParameters {
    /// `ENTITY/PROJECT`; all that the caller may see otherwise.
    project: Option<String>,
    /// A run's id; wants a project.
    run: Option<String>,
}

/// Live events as `text/event-stream`
///
/// `ready` once, then `lines` (`{entity, project, run, stream, end}`), `run` and `run_deleted`
/// (`{entity, project, run}`). `lagged` (`{lost}`) says that events were lost: fetch anew.
#[utoipa::path(get, path = "/events", tag = "live", params(EventsParameters),
    responses((status = 200, description = "A stream of events", content_type = "text/event-stream")))]
pub async fn stream(
    State(app): State<Arc<App>>,
    mut who: Who,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    InQuery(asked): InQuery<EventsParameters>,
) -> Result<Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>>>, Denied> {
    let wanted = Wanted::of(asked)?;
    let (sender, receiver) = mpsc::channel(CAPACITY);
    let mut events = app.live.subscribe();
    let mut closed = app.live.closed();
    let mut accounts = app.live.accounts();
    tokio::spawn(async move {
        let forward = async {
            let ready = Event::default().event("ready").data("{}");
            if sender.send(Ok(ready)).await.is_err() {
                return;
            }
            loop {
                let event = tokio::select! {
                    // Who may see it comes before what there is to see.
                    biased;
                    Ok(()) = accounts.changed() => {
                        match auth::caller(&app, &headers, peer.ip()) {
                            Ok(caller) => who.caller = caller,
                            // The key is not valid any more.
                            Err(_) => return,
                        }
                        continue;
                    }
                    event = events.recv() => event,
                };
                let event = match event {
                    Ok(event) if wanted.takes(&app, &who, &event) => written(&event),
                    Ok(_) => continue,
                    Err(RecvError::Lagged(lost)) => written(&LiveEvent::Lost(lost)),
                    Err(RecvError::Closed) => return,
                };
                if sender.send(Ok(event)).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = forward => {}
            // Whoever closes drops the channel too: then it is over as well.
            _ = closed.wait_for(|is_closed| *is_closed) => {}
            () = sender.closed() => {}
            () = tokio::time::sleep(LONGEST) => {}
        }
    });
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default()))
}

struct Wanted {
    project: Option<(String, String)>,
    run: Option<String>,
}

impl Wanted {
    fn of(asked: EventsParameters) -> Result<Self, Denied> {
        let project = match asked.project.as_deref() {
            None if asked.run.is_some() => {
                return Err(bad_input("a run wants its project: ?project=ENTITY/PROJECT").into());
            }
            None => None,
            Some(text) => {
                let parts = text.split_once('/');
                let (entity, project) =
                    parts.ok_or_else(|| bad_input("a project is ENTITY/PROJECT"))?;
                Some((entity.to_owned(), project.to_owned()))
            }
        };
        Ok(Self {
            project,
            run: asked.run,
        })
    }

    fn takes(&self, app: &App, who: &Who, event: &LiveEvent) -> bool {
        let Some(key) = event.run() else {
            return true;
        };
        let is_of_project = self
            .project
            .as_ref()
            .is_none_or(|(entity, project)| *entity == key.entity && *project == key.project);
        is_of_project
            && self.run.as_ref().is_none_or(|run| *run == key.name)
            && app.tracker.accounts.may_read(&who.caller, &key.entity)
    }
}

fn written(event: &LiveEvent) -> Event {
    let mut data = match event.run() {
        Some(key) => json!({ "entity": key.entity, "project": key.project, "run": key.name }),
        None => json!({}),
    };
    let name = match event {
        LiveEvent::Lines { stream, end, .. } => {
            data["stream"] = json!(stream);
            data["end"] = json!(end);
            "lines"
        }
        LiveEvent::Run(_) => "run",
        LiveEvent::RunDeleted(_) => "run_deleted",
        LiveEvent::Lost(lost) => {
            data["lost"] = json!(lost);
            "lagged"
        }
    };
    Event::default().event(name).data(data.to_string())
}
