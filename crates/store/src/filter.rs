//! Which runs, and in which order: typed expressions over a run's fields, configuration and
//! summary, and the SQL of the catalogue that they become. Values are always bound, never spliced.

use rusqlite::types::Value as SqlValue;

/// Something of a run that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    Name,
    DisplayName,
    State,
    Group,
    JobType,
    Sweep,
    User,
    Notes,
    CreatedUnixMs,
    HeartbeatUnixMs,
    /// Path of nested keys with dots. The tracker's client wraps each value of a configuration as
    /// `{"value": …}`, which does not count as a level.
    Config(String),
    Summary(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

/// Comparisons hold between values of one type only: a text is neither less nor greater than a
/// number. Booleans are 0 and 1. NaN is found by `Equal` to `Null` alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare {
        field: Field,
        comparison: Comparison,
        value: Scalar,
    },
    /// The field is there, `null` included.
    Exists(Field),
    HasTag(String),
}

impl Default for Filter {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub field: Field,
    pub is_descending: bool,
}

/// A statement being put together.
#[derive(Debug, Default)]
pub struct Sql {
    pub text: String,
    pub arguments: Vec<SqlValue>,
}

impl Sql {
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn bind(&mut self, value: impl Into<SqlValue>) {
        self.arguments.push(value.into());
        self.push(&format!("?{}", self.arguments.len()));
    }

    pub fn filter(&mut self, filter: &Filter) {
        match filter {
            Filter::All(parts) => self.joined(parts, " AND ", "1"),
            Filter::Any(parts) => self.joined(parts, " OR ", "0"),
            Filter::Not(part) => {
                self.push("NOT ");
                self.filter(part);
            }
            Filter::HasTag(tag) => {
                self.push("EXISTS (SELECT 1 FROM tags t WHERE t.run = r.number AND t.tag = ");
                self.bind(tag.clone());
                self.push(")");
            }
            Filter::Exists(field) => match column(field) {
                Some(column) => self.push(&format!("(r.{column} IS NOT NULL)")),
                None => {
                    self.push("EXISTS (SELECT 1 FROM vals v WHERE v.run = r.number AND v.key = ");
                    self.key(field);
                    self.push(")");
                }
            },
            Filter::Compare {
                field,
                comparison,
                value,
            } => {
                self.compare(field, *comparison, value);
            }
        }
    }

    fn joined(&mut self, parts: &[Filter], word: &str, of_none: &str) {
        self.push("(");
        if parts.is_empty() {
            self.push(of_none);
        }
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(word);
            }
            self.filter(part);
        }
        self.push(")");
    }

    fn compare(&mut self, field: &Field, comparison: Comparison, value: &Scalar) {
        let value = match value {
            Scalar::Null => {
                let is_null = Filter::Not(Box::new(Filter::Exists(field.clone())));
                return match column(field) {
                    Some(_) => self.filter(&is_null),
                    None => {
                        self.push(
                            "NOT EXISTS (SELECT 1 FROM vals v WHERE v.value IS NOT NULL \
                             AND v.run = r.number AND v.key = ",
                        );
                        self.key(field);
                        self.push(")");
                    }
                };
            }
            Scalar::Boolean(value) => SqlValue::Integer(i64::from(*value)),
            Scalar::Integer(value) => SqlValue::Integer(*value),
            Scalar::Float(value) => SqlValue::Real(*value),
            Scalar::Text(value) => SqlValue::Text(value.clone()),
        };
        let types = match value {
            SqlValue::Text(_) => "('text')",
            _ => "('integer', 'real')",
        };
        let sign = match comparison {
            Comparison::Equal => "=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        };
        match column(field) {
            Some(column) => {
                // Without a value it is false, not unknown, so that its negation is true.
                self.push(&format!(
                    "(typeof(r.{column}) IN {types} AND r.{column} {sign} "
                ));
                self.bind(value);
                self.push(")");
            }
            None => {
                self.push(&format!(
                    "EXISTS (SELECT 1 FROM vals v WHERE typeof(v.value) IN {types} \
                     AND v.value {sign} "
                ));
                self.bind(value);
                self.push(" AND v.run = r.number AND v.key = ");
                self.key(field);
                self.push(")");
            }
        }
    }

    /// The number of a key of configuration or summary; none where no run has it.
    pub fn key(&mut self, field: &Field) {
        let (space, name) = match field {
            Field::Summary(name) => (SUMMARY, name.as_str()),
            Field::Config(name) => (CONFIG, name.strip_suffix(".value").unwrap_or(name)),
            _ => (CONFIG, ""),
        };
        self.push(&format!(
            "(SELECT id FROM keys WHERE space = {space} AND name = "
        ));
        self.bind(name.to_owned());
        self.push(")");
    }
}

pub const CONFIG: i64 = 0;
pub const SUMMARY: i64 = 1;

/// The catalogue's column of a field; those of configuration and summary have none.
pub fn column(field: &Field) -> Option<&'static str> {
    Some(match field {
        Field::Name => "name",
        Field::DisplayName => "display_name",
        Field::State => "state",
        Field::Group => "run_group",
        Field::JobType => "job_type",
        Field::Sweep => "sweep",
        Field::User => "user",
        Field::Notes => "notes",
        Field::CreatedUnixMs => "created",
        Field::HeartbeatUnixMs => "heartbeat",
        Field::Config(_) | Field::Summary(_) => return None,
    })
}
