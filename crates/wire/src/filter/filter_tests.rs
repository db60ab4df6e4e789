//! Filters and orders over a small set of runs.

use proptest::prelude::*;

use super::{Filter, Order, RunField};
use crate::json::{self, JsonObject};

fn runs() -> Vec<JsonObject> {
    [
        r#"{"name":"a1","display_name":"sunny-1","state":"finished","group":"g1","job_type":"train","tags":["base","x"],
            "created_at":"2026-11-20T10:00:00Z","username":"ada","sweep":null,
            "config":{"lr":{"value":0.1,"desc":null},"opt":{"value":{"name":"adam","beta.1":0.9}},"n":{"value":3}},
            "summary":{"loss":0.5,"val/acc":0.9,"a.b":1,"best":{"min":0.4}}}"#,
        r#"{"name":"b2","display_name":"rainy-2","state":"running","group":null,"tags":[],
            "created_at":"2026-11-21T10:00:00Z","username":"bob","sweep":"s1",
            "config":{"lr":{"value":"auto"},"n":{"value":3.0}},
            "summary":{"loss":NaN,"val/acc":0.8}}"#,
        r#"{"name":"c3","display_name":"Sunny-3","state":"failed","tags":["x"],
            "created_at":"2026-11-19T10:00:00Z","username":"ada","sweep":"s1",
            "config":{"lr":0.01,"opt":{"name":"sgd"}},
            "summary":{"loss":0.25,"a":{"b":2}}}"#,
    ]
    .iter()
    .map(|text| json::parse_object("run", text).unwrap())
    .collect()
}

fn found(filter: &str) -> String {
    let filter = Filter::parse(filter).unwrap();
    let found = runs().into_iter().filter(|run| filter.matches(run));
    let names: Vec<_> = found
        .map(|run| run["name"].as_str().unwrap().to_owned())
        .collect();
    names.join(" ")
}

fn ordered(order: &str) -> String {
    let order = Order::parse(order).unwrap();
    let names = |runs: Vec<&JsonObject>| -> String {
        let names: Vec<_> = runs
            .iter()
            .map(|run| run["name"].as_str().unwrap())
            .collect();
        names.join(" ")
    };
    let runs = runs();
    let sorted = names(order.sorted(&runs));
    let mut compared: Vec<_> = runs.iter().collect();
    compared.sort_by(|left, right| order.compare(left, right));
    assert_eq!(names(compared), sorted);
    sorted
}

#[test]
fn every_operator() {
    for (filter, expected) in [
        ("{}", "a1 b2 c3"),
        ("", "a1 b2 c3"),
        ("null", "a1 b2 c3"),
        (r#"{"state":"finished"}"#, "a1"),
        (r#"{"state":{"$eq":"finished"}}"#, "a1"),
        (r#"{"state":{"$ne":"finished"}}"#, "b2 c3"),
        (r#"{"group":{"$ne":"g1"}}"#, "b2 c3"),
        (r#"{"group":null}"#, "b2 c3"),
        (r#"{"group":{"$exists":true}}"#, "a1"),
        (r#"{"group":{"$exists":0}}"#, "b2 c3"),
        (r#"{"state":{"$in":["finished","failed"]}}"#, "a1 c3"),
        (r#"{"state":{"$nin":["finished","failed"]}}"#, "b2"),
        (r#"{"jobType":{"$nin":["train"]}}"#, "b2 c3"),
        (r#"{"summary_metrics.loss":{"$lt":0.5}}"#, "c3"),
        (r#"{"summary_metrics.loss":{"$lte":0.5,"$gt":0.3}}"#, "a1"),
        (r#"{"summary_metrics.loss":{"$gte":-Infinity}}"#, "a1 c3"),
        (r#"{"created_at":{"$gt":"2026-11-20"}}"#, "a1 b2"),
        (r#"{"displayName":{"$regex":"^sunny"}}"#, "a1"),
        (
            r#"{"display_name":{"$regex":"^sunny","$options":"i"}}"#,
            "a1 c3",
        ),
        (
            r#"{"display_name":{"$not":{"$regex":"sunny|rainy"}}}"#,
            "c3",
        ),
        (r#"{"$or":[{"name":"a1"},{"name":"c3"}]}"#, "a1 c3"),
        (r#"{"$or":[]}"#, ""),
        (r#"{"$and":[{"username":"ada"},{"sweep":"s1"}]}"#, "c3"),
        (r#"{"username":"ada","sweep":"s1"}"#, "c3"),
        (r#"{"$nor":[{"name":"a1"},{"state":"running"}]}"#, "c3"),
        (r#"{"$not":{"username":"ada"}}"#, "b2"),
    ] {
        assert_eq!(found(filter), expected, "{filter}");
    }
}

#[test]
fn lists_contain() {
    assert_eq!(found(r#"{"tags":"x"}"#), "a1 c3");
    assert_eq!(found(r#"{"tags":{"$in":["base","other"]}}"#), "a1");
    assert_eq!(found(r#"{"tags":{"$nin":["base"]}}"#), "b2 c3");
    assert_eq!(found(r#"{"tags":{"$ne":"x"}}"#), "b2");
    assert_eq!(found(r#"{"tags":["x"]}"#), "c3");
    assert_eq!(found(r#"{"tags":{"$regex":"^ba"}}"#), "a1");
}

#[test]
fn config_in_every_spelling() {
    for path in ["config.lr", "config.lr.value"] {
        assert_eq!(found(&format!(r#"{{"{path}":0.1}}"#)), "a1", "{path}");
        assert_eq!(
            found(&format!(r#"{{"{path}":{{"$lt":0.05}}}}"#)),
            "c3",
            "{path}"
        );
        assert_eq!(found(&format!(r#"{{"{path}":"auto"}}"#)), "b2", "{path}");
    }
    assert_eq!(found(r#"{"config.n":3}"#), "a1 b2");
    assert_eq!(found(r#"{"config.opt.name":"sgd"}"#), "c3");
    assert_eq!(
        found(r#"{"config.opt.value.name":{"$in":["adam","sgd"]}}"#),
        "a1 c3"
    );
    assert_eq!(found(r#"{"config.opt.beta.1":0.9}"#), "a1");
    assert_eq!(found(r#"{"config.opt.value.beta.1":0.9}"#), "a1");
    assert_eq!(found(r#"{"config.absent":{"$exists":false}}"#), "a1 b2 c3");
}

#[test]
fn summary_keys_with_slashes_dots_and_paths() {
    assert_eq!(
        found(r#"{"summary_metrics.val/acc":{"$gte":0.8}}"#),
        "a1 b2"
    );
    assert_eq!(found(r#"{"summary_metrics.a.b":{"$gte":1}}"#), "a1 c3");
    assert_eq!(found(r#"{"summaryMetrics.best.min":0.4}"#), "a1");
}

#[test]
fn complaints_help() {
    let problem = |text: &str| Filter::parse(text).unwrap_err().to_string();
    assert!(problem(r#"{"stat":"x"}"#).contains("did you mean 'state'"));
    assert!(problem(r#"{"state":{"$gtt":1}}"#).contains("did you mean '$gt"));
    assert!(problem(r#"{"$xor":[]}"#).contains("no such operator"));
    assert!(problem(r#"{"$and":{}}"#).contains("a list of filters is wanted"));
    assert!(problem(r#"{"name":{"$in":"a"}}"#).contains("name.$in: a list is wanted"));
    assert!(problem(r#"{"name":{"$regex":"("}}"#).contains("is no usable pattern"));
    assert!(problem(r#"{"name":{"$regex":"(a{1000}){1000}"}}"#).contains("is no usable pattern"));
    assert!(problem("[]").contains("an object is wanted"));
    assert!(problem("{").contains("the filter is not JSON"));
    let deep = r#"{"$not":"#.repeat(100) + "{}" + &"}".repeat(100);
    assert!(problem(&deep).contains("nested too deeply"));
    let deep = format!(
        r#"{{"name":{}1{}}}"#,
        r#"{"$not":"#.repeat(100),
        "}".repeat(100)
    );
    assert!(problem(&deep).contains("nested too deeply"));
    let wide = format!(r#"{{"$or":[{}{{}}]}}"#, r#"{"name":"a"},"#.repeat(20_000));
    assert!(problem(&wide).contains("more than 10000 conditions"));
    assert!(RunField::parse("config.").is_err());
    assert!(
        Order::parse("-creatd_at")
            .unwrap_err()
            .to_string()
            .contains("created_at")
    );
}

#[test]
fn orders_put_missing_values_last() {
    for (order, expected) in [
        ("", "c3 a1 b2"),
        ("+created_at", "c3 a1 b2"),
        ("created_at", "c3 a1 b2"),
        ("-created_at", "b2 a1 c3"),
        ("+summary_metrics.loss", "c3 a1 b2"),
        ("-summary_metrics.loss", "a1 c3 b2"),
        ("-summary_metrics.val/acc", "a1 b2 c3"),
        ("+config.lr.value", "c3 a1 b2"),
        ("username,-created_at", "a1 c3 b2"),
        ("-config.absent", "a1 b2 c3"),
    ] {
        assert_eq!(ordered(order), expected, "{order}");
    }
}

#[test]
fn the_fields_of_a_filter() {
    let filter =
        Filter::parse(r#"{"$or":[{"state":"x"},{"$not":{"config.a.b":{"$gt":1,"$lt":2}}}]}"#);
    let filter = filter.unwrap();
    let config = RunField::parse("config.a.b").unwrap();
    assert_eq!(
        filter.fields(),
        [&RunField::parse("state").unwrap(), &config, &config]
    );
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_a_complaint(text in r#"[{}\[\]":,$a-z.0-9]{0,60}"#) {
        if let Ok(filter) = Filter::parse(&text) {
            for run in runs() {
                let _ = filter.matches(&run);
            }
        }
        let _ = Order::parse(&text);
    }
}
