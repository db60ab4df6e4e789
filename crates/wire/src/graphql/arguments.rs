//! The arguments of a field, with the coercions that a schema would have done.

use super::response::GraphqlError;
use crate::json::{self, Json, JsonObject};

/// What a field was called with: literals and variables put together. An argument whose variable
/// was not sent is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arguments {
    values: JsonObject,
}

impl Arguments {
    pub fn new(values: JsonObject) -> Self {
        Self { values }
    }

    /// The value as it is; null and absent are both `None`, for null means "leave alone".
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    pub fn values(&self) -> &JsonObject {
        &self.values
    }

    /// # Errors
    /// Another kind of value.
    pub fn text(&self, name: &str) -> Result<Option<&str>, GraphqlError> {
        self.typed(name, "a string", Json::as_str)
    }

    /// # Errors
    /// Absent, null, or another kind of value.
    pub fn required_text(&self, name: &str) -> Result<&str, GraphqlError> {
        self.text(name)?
            .ok_or_else(|| GraphqlError::bad_input(format!("argument '{name}' is missing")))
    }

    /// A whole number; also as `5.0` or `"5"`, which ids and 64-bit numbers come as.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn int(&self, name: &str) -> Result<Option<i64>, GraphqlError> {
        self.typed(name, "a whole number", |value| match value {
            Json::String(text) => text.parse().ok(),
            other => other.as_i64(),
        })
    }

    /// # Errors
    /// Another kind of value.
    pub fn number(&self, name: &str) -> Result<Option<f64>, GraphqlError> {
        self.typed(name, "a number", Json::as_f64)
    }

    /// # Errors
    /// Another kind of value.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, GraphqlError> {
        self.typed(name, "true or false", Json::as_bool)
    }

    /// A list; a single value is a list of one, as GraphQL's input coercion has it. Empty when
    /// absent.
    pub fn list(&self, name: &str) -> Vec<&Json> {
        match self.get(name) {
            None => Vec::new(),
            Some(Json::Array(items)) => items.iter().collect(),
            Some(single) => vec![single],
        }
    }

    /// A list of strings; `None` when absent, so that "no names" and "all names" differ.
    ///
    /// # Errors
    /// An element that is no string; null elements are left out.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, GraphqlError> {
        if self.get(name).is_none() {
            return Ok(None);
        }
        let items = self.list(name).into_iter().filter(|item| !item.is_null());
        items
            .map(|item| item.as_str().ok_or_else(|| wrong(name, "strings", item)))
            .collect::<Result<Vec<_>, _>>()
            .map(Some)
    }

    /// An object, most often `input`, as arguments of its own.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn object(&self, name: &str) -> Result<Option<Arguments>, GraphqlError> {
        let entries = self.typed(name, "an object", Json::as_object)?;
        Ok(entries.cloned().map(Self::new))
    }

    /// A list of objects.
    ///
    /// # Errors
    /// An element that is no object.
    pub fn objects(&self, name: &str) -> Result<Vec<Arguments>, GraphqlError> {
        let items = self.list(name).into_iter();
        items
            .map(|item| match item {
                Json::Object(entries) => Ok(Self::new(entries.clone())),
                other => Err(wrong(name, "objects", other)),
            })
            .collect()
    }

    /// A JSONString: the value inside of the string. The value itself will do too.
    ///
    /// # Errors
    /// A string that holds no JSON.
    pub fn json(&self, name: &str) -> Result<Option<Json>, GraphqlError> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::String(text)) if text.is_empty() => Ok(None),
            Some(Json::String(text)) => match json::parse("the JSONString", text) {
                Ok(value) => Ok(Some(value)),
                Err(error) => {
                    let problem = format!("argument '{name}': {error}");
                    Err(GraphqlError::bad_input(problem))
                }
            },
            Some(other) => Ok(Some(other.clone())),
        }
    }

    fn typed<'a, T>(
        &'a self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(&'a Json) -> Option<T>,
    ) -> Result<Option<T>, GraphqlError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| wrong(name, wanted, value)),
        }
    }
}

fn wrong(name: &str, wanted: &str, value: &Json) -> GraphqlError {
    let found = value.kind();
    GraphqlError::bad_input(format!("argument '{name}' wants {wanted}, it is {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Arguments {
        Arguments::new(json::parse_object("x", text).unwrap())
    }

    #[test]
    fn coercions() {
        let given = arguments(
            r#"{"n":"12","f":3.0,"one":"a","some":["a",null,"b"],"nothing":null,
                "config":"{\"a\":NaN}","raw":{"b":1},"empty":""}"#,
        );
        assert_eq!(given.int("n").unwrap(), Some(12));
        assert_eq!(given.int("f").unwrap(), Some(3));
        assert_eq!(given.texts("one").unwrap(), Some(vec!["a"]));
        assert_eq!(given.texts("some").unwrap(), Some(vec!["a", "b"]));
        assert_eq!(given.texts("absent").unwrap(), None);
        assert_eq!(given.get("nothing"), None);
        let config = given.json("config").unwrap().unwrap();
        assert_eq!(config.get("a"), Some(&Json::float(f64::NAN)));
        assert_eq!(
            given.json("raw").unwrap(),
            Some(Json::object([("b", Json::int(1))]))
        );
        assert_eq!(given.json("empty").unwrap(), None);
        assert_eq!(
            given.object("raw").unwrap().unwrap().int("b").unwrap(),
            Some(1)
        );
    }

    #[test]
    fn complaints_name_the_argument() {
        let given = arguments(r#"{"a":[1],"b":"{"}"#);
        let complaint = given.text("a").unwrap_err().message;
        assert_eq!(complaint, "argument 'a' wants a string, it is a list");
        assert_eq!(
            given.required_text("c").unwrap_err().message,
            "argument 'c' is missing"
        );
        assert!(
            given
                .json("b")
                .unwrap_err()
                .message
                .contains("argument 'b'")
        );
        assert!(given.texts("a").is_err());
        assert!(given.objects("a").is_err());
    }
}
