//! Values at a path of keys inside of nested objects.

use super::{Json, JsonObject};

/// Puts a value at a path; what stands in the way and is no object is replaced.
pub fn set_path(object: &mut JsonObject, path: &[String], value: Json) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut object = object;
    for key in parents {
        let entry = object.entry(key.clone()).or_insert(Json::Null);
        if !matches!(entry, Json::Object(_)) {
            *entry = Json::Object(JsonObject::new());
        }
        let Json::Object(inner) = entry else {
            return;
        };
        object = inner;
    }
    object.insert(last.clone(), value);
}

/// Takes the value at a path away; nothing happens where there is none.
pub fn remove_path(object: &mut JsonObject, path: &[String]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut object = object;
    for key in parents {
        match object.get_mut(key) {
            Some(Json::Object(inner)) => object = inner,
            _ => return,
        }
    }
    object.shift_remove(last);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn values_are_set_replaced_and_removed() {
        let mut object = JsonObject::new();
        set_path(&mut object, &path("a/b/c"), Json::int(1));
        set_path(&mut object, &path("a/b/d"), Json::int(2));
        set_path(&mut object, &path("e"), Json::int(3));
        set_path(&mut object, &path("e/f"), Json::int(4));
        set_path(&mut object, &[], Json::int(5));
        remove_path(&mut object, &path("a/b/c"));
        remove_path(&mut object, &path("a/x/c"));
        remove_path(&mut object, &path("e/f/g"));
        remove_path(&mut object, &[]);
        let text = Json::Object(object).to_line();
        assert_eq!(text, r#"{"a":{"b":{"d":2}},"e":{"f":4}}"#);
    }
}
