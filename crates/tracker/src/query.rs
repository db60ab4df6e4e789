//! Which runs: the client's filters and orders, by the catalogue where it can, else by looking at
//! each run.

use std::sync::Arc;

use gradus_store::{Comparison, Field, Filter, Order, RunQuery, RunRecord, Scalar};
use gradus_wire::filter as wire;
use gradus_wire::{Json, JsonObject, Timestamp, json};

use crate::runs::RunExtra;
use crate::{Result, Tracker};

/// A question about the runs of one project.
#[derive(Debug, Clone)]
pub struct RunsQuery {
    pub entity: String,
    pub project: String,
    pub filter: wire::Filter,
    pub order: wire::Order,
}

impl RunsQuery {
    /// # Errors
    /// A filter or an order that is none, in words that name the nearest field.
    pub fn parse(
        entity: &str,
        project: &str,
        filter: Option<&Json>,
        order: Option<&str>,
    ) -> Result<Self> {
        Ok(Self {
            entity: entity.to_owned(),
            project: project.to_owned(),
            filter: match filter {
                Some(filter) => wire::Filter::from_json(filter)?,
                None => wire::Filter::All(Vec::new()),
            },
            order: wire::Order::parse(order.unwrap_or_default())?,
        })
    }

    fn by_catalogue(&self) -> Option<RunQuery> {
        Some(RunQuery {
            entity: Some(self.entity.clone()),
            project: Some(self.project.clone()),
            filter: catalogue_filter(&self.filter)?,
            order: catalogue_order(&self.order)?,
            offset: 0,
            limit: u64::MAX,
        })
    }
}

impl Tracker {
    /// A page of the runs, `offset` left out before it.
    pub fn runs(&self, query: &RunsQuery, offset: u64, limit: u64) -> Result<Vec<Arc<RunRecord>>> {
        if let Some(by_catalogue) = query.by_catalogue() {
            let page = RunQuery {
                offset,
                limit,
                ..by_catalogue
            };
            return Ok(self.store.runs(&page)?);
        }
        let mut found = self.matching(query)?;
        found.sort_by(|left, right| query.order.compare(&left.0, &right.0));
        let page = found.into_iter().map(|(_, record)| record);
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let take = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(page.skip(skip).take(take).collect())
    }

    pub fn count_runs(&self, query: &RunsQuery) -> Result<u64> {
        match query.by_catalogue() {
            Some(by_catalogue) => Ok(self.store.count_runs(&by_catalogue)?),
            None => Ok(self.matching(query)?.len() as u64),
        }
    }

    /// Every run of the project looked at; in the order of their making.
    fn matching(&self, query: &RunsQuery) -> Result<Vec<(JsonObject, Arc<RunRecord>)>> {
        let all = RunQuery {
            entity: Some(query.entity.clone()),
            project: Some(query.project.clone()),
            limit: u64::MAX,
            ..RunQuery::default()
        };
        let records = self.store.runs(&all)?.into_iter();
        let looked_at = records.map(|record| (self.json_view(&record), record));
        Ok(looked_at
            .filter(|(view, _)| query.filter.matches(view))
            .collect())
    }

    /// A run as filters and orders see it.
    fn json_view(&self, record: &RunRecord) -> JsonObject {
        let fields = &record.fields;
        let extra = RunExtra::of(record);
        let mut view = JsonObject::new();
        let texts = [
            ("name", Some(&record.key.name)),
            ("display_name", fields.display_name.as_ref()),
            ("state", fields.state.as_ref()),
            ("group", fields.group.as_ref()),
            ("job_type", fields.job_type.as_ref()),
            ("sweep", fields.sweep.as_ref()),
            ("username", fields.user.as_ref()),
            ("notes", fields.notes.as_ref()),
            ("description", extra.description.as_ref()),
            ("commit", extra.commit.as_ref()),
            ("host", extra.host.as_ref()),
            ("program", extra.program.as_ref()),
        ];
        for (name, value) in texts {
            view.extend(value.map(|text| (name.to_owned(), Json::text(text))));
        }
        let times = [
            ("created_at", fields.created_unix_ms),
            ("heartbeat_at", fields.heartbeat_unix_ms),
            ("updated_at", fields.heartbeat_unix_ms),
        ];
        for (name, value) in times {
            view.extend(value.map(|time| (name.to_owned(), Json::text(time_text(time)))));
        }
        if let (Some(first), Some(last)) = (fields.created_unix_ms, fields.heartbeat_unix_ms) {
            let secs = (last - first) as f64 / 1000.0;
            view.insert("duration".to_owned(), Json::float(secs));
        }
        let tags = fields.tags.iter().flatten().map(Json::text).collect();
        view.insert("tags".to_owned(), Json::Array(tags));
        for (name, text) in [("config", &fields.config), ("summary", &fields.summary)] {
            let text = text.as_deref().unwrap_or("{}");
            if let Ok(entries) = json::parse_object("a run", text) {
                view.insert(name.to_owned(), Json::Object(entries));
            }
        }
        view
    }
}

/// `2026-11-21T01:48:34Z`.
pub fn time_text(unix_ms: i64) -> String {
    let time = Timestamp {
        seconds: unix_ms.div_euclid(1000),
        nanos: 0,
    };
    time.to_seconds()
}

/// The filter for the catalogue; `None` where it can't say the same.
fn catalogue_filter(filter: &wire::Filter) -> Option<Filter> {
    let each = |filters: &[wire::Filter]| {
        let filters = filters.iter().map(catalogue_filter);
        filters.collect::<Option<Vec<_>>>()
    };
    Some(match filter {
        wire::Filter::All(filters) => Filter::All(each(filters)?),
        wire::Filter::Any(filters) => Filter::Any(each(filters)?),
        wire::Filter::Not(filter) => Filter::Not(Box::new(catalogue_filter(filter)?)),
        wire::Filter::Field { field, test } => one_test(field, test)?,
    })
}

fn one_test(field: &wire::RunField, test: &wire::Test) -> Option<Filter> {
    if let wire::RunField::Attribute(attribute) = field
        && attribute.name() == "tags"
    {
        let tag = |value: &Json| value.as_str().map(|tag| Filter::HasTag(tag.to_owned()));
        let tags = |values: &[Json]| values.iter().map(tag).collect::<Option<Vec<_>>>();
        return Some(match test {
            wire::Test::Equal(value) => tag(value)?,
            wire::Test::NotEqual(value) => Filter::Not(Box::new(tag(value)?)),
            wire::Test::In(values) => Filter::Any(tags(values)?),
            wire::Test::NotIn(values) => Filter::Not(Box::new(Filter::Any(tags(values)?))),
            _ => return None,
        });
    }
    let field = catalogue_field(field)?;
    let is = |comparison: Comparison, value: &Json| {
        Some(Filter::Compare {
            field: field.clone(),
            comparison,
            value: scalar(value)?,
        })
    };
    let any_of = |values: &[Json]| {
        let each = values.iter().map(|value| is(Comparison::Equal, value));
        Some(Filter::Any(each.collect::<Option<_>>()?))
    };
    Some(match test {
        wire::Test::Equal(value) => is(Comparison::Equal, value)?,
        wire::Test::NotEqual(value) => Filter::Not(Box::new(is(Comparison::Equal, value)?)),
        wire::Test::In(values) => any_of(values)?,
        wire::Test::NotIn(values) => Filter::Not(Box::new(any_of(values)?)),
        wire::Test::Compare { wanted, with } => {
            let comparison = match wanted {
                wire::Comparison::Less => Comparison::Less,
                wire::Comparison::LessOrEqual => Comparison::LessOrEqual,
                wire::Comparison::Greater => Comparison::Greater,
                wire::Comparison::GreaterOrEqual => Comparison::GreaterOrEqual,
            };
            is(comparison, with)?
        }
        wire::Test::Exists(true) => Filter::Exists(field),
        wire::Test::Exists(false) => Filter::Not(Box::new(Filter::Exists(field))),
        wire::Test::Matches(_) => return None,
    })
}

/// Null means more things to a filter than to the catalogue, and times are texts to it.
fn scalar(value: &Json) -> Option<Scalar> {
    Some(match value {
        Json::Bool(value) => Scalar::Boolean(*value),
        Json::String(text) => Scalar::Text(text.clone()),
        Json::Number(_) => match value.as_i64() {
            Some(value) => Scalar::Integer(value),
            None => Scalar::Float(value.as_f64()?),
        },
        _ => return None,
    })
}

fn catalogue_field(field: &wire::RunField) -> Option<Field> {
    Some(match field {
        wire::RunField::Config(path) => Field::Config(path.join(".")),
        wire::RunField::Summary(path) => Field::Summary(path.join(".")),
        wire::RunField::Attribute(attribute) => match attribute.name() {
            "name" => Field::Name,
            "display_name" => Field::DisplayName,
            "state" => Field::State,
            "group" => Field::Group,
            "job_type" => Field::JobType,
            "sweep" => Field::Sweep,
            "username" => Field::User,
            "notes" => Field::Notes,
            _ => return None,
        },
    })
}

fn catalogue_order(order: &wire::Order) -> Option<Vec<Order>> {
    let keys = order.keys.iter().map(|key| {
        let field = match &key.field {
            wire::RunField::Attribute(attribute) => match attribute.name() {
                "created_at" => Field::CreatedUnixMs,
                "heartbeat_at" | "updated_at" => Field::HeartbeatUnixMs,
                _ => catalogue_field(&key.field)?,
            },
            field => catalogue_field(field)?,
        };
        Some(Order {
            field,
            is_descending: key.is_descending,
        })
    });
    keys.collect()
}
