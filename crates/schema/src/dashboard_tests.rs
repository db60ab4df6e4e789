//! Dashboards as people write them, rightly and wrongly.

use super::*;
use proptest::prelude::*;

const FILE: &str = "\
title: Overview
datasets: [gsm8k, MATH]
panels:
  - type: line
    title: Loss
    metrics: [train/loss, train/kl_div]
    x_axis: step
  - type: scatter
    x_axis: val/gsm8k/avg_cost
    y_axis: val/gsm8k/accuracy
  - type: scalar
    metrics: train/step
";

#[test]
fn files_are_read_and_written() {
    let file = DashboardFile::parse(FILE).unwrap();
    assert_eq!(file.title, "Overview");
    assert_eq!(file.datasets, ["gsm8k", "math"]);
    assert_eq!(file.panels[0].metrics, ["train/loss", "train/kl_div"]);
    assert_eq!(
        file.panels[1].title,
        "val/gsm8k/avg_cost, val/gsm8k/accuracy"
    );
    assert_eq!(file.panels[2].metrics, ["train/step"]);
    assert_eq!(DashboardFile::parse(&file.to_yaml()).unwrap(), file);
}

#[test]
fn what_is_wrong_has_a_line_and_the_nearest_word() {
    for (text, line, words) in [
        ("titel: x\npanels: []\n", 1, &["'titel'", "'title'"][..]),
        ("panels:\n  - type: lin\n", 2, &["'lin'", "'line'"]),
        (
            "panels:\n  - type: line\n    metric: [a]\n",
            3,
            &["'metric'", "'metrics'"],
        ),
        (
            "panels:\n  - title: x\n    metrics: [a]\n",
            2,
            &["no 'type'", "line, bar"],
        ),
        (
            "panels:\n  - type: bar\n",
            2,
            &["panel 1 is a bar", "'metrics'"],
        ),
        (
            "panels:\n  - type: scatter\n    x_axis: a\n",
            2,
            &["'x_axis' and 'y_axis'"],
        ),
        (
            "panels:\n  - type: line\n    metrics: [[a]]\n",
            3,
            &["'metrics'"],
        ),
        ("panels: 3\n", 1, &["list of panels"]),
        ("panels:\n  - 3\n", 1, &["panel 1"]),
        ("title: x\n", 0, &["neither"]),
        ("datasets: ['a/b']\n", 0, &["'a/b'"]),
        ("", 0, &["empty"]),
        ("- a\n", 0, &["not a YAML mapping"]),
    ] {
        let error = DashboardFile::parse(text).unwrap_err();
        for word in words {
            assert!(error.problem.contains(word), "{text}: {error}");
        }
        if line > 0 {
            assert_eq!(error.line, line, "{text}: {error}");
        }
    }
}

#[test]
fn data_sets_get_their_panels() {
    let file = DashboardFile::parse("datasets: [gsm8k, math]\n").unwrap();
    let panels = file.all_panels();
    let own = |source: &str| {
        let named = [format!("dataset/{source}/*"), format!("val/{source}/*")];
        named
            .iter()
            .all(|name| panels.iter().any(|panel| panel.metrics.contains(name)))
    };
    assert!(own("gsm8k") && own("math"));
    assert_eq!(
        panels[0].metrics,
        ["dataset/gsm8k/accuracy", "dataset/math/accuracy"]
    );
}

#[test]
fn metrics_that_nobody_logged_are_warned_of_with_the_nearest() {
    let file =
        "panels: [{type: line, title: L, metrics: [train/los, 'val/*/accuracy', step_time]}]";
    let file = DashboardFile::parse(file).unwrap();
    let warnings = file.warnings(&["train/loss", "val/gsm8k/accuracy", "zz"]);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("'train/los'; nearest: train/loss"));
    assert!(warnings[1].contains("'step_time'"), "{warnings:?}");
    assert!(warnings[1].starts_with("panel 1 'L': "));
}

#[test]
fn the_monitoring_keys_get_a_dashboard() {
    let metrics = [
        "train/loss",
        "dataset/gsm8k/accuracy",
        "val/math/accuracy",
        "val/math/avg_cost",
        "judge/success_rate",
        "loss",
    ];
    let file = DashboardFile::monitoring(&metrics).unwrap();
    assert_eq!(file.datasets, ["gsm8k", "math"]);
    let titles: Vec<&str> = file
        .panels
        .iter()
        .map(|panel| panel.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["Loss and KL", "Judge", "Validation: cost and accuracy"]
    );
    assert_eq!(file.panels[0].metrics, ["train/loss"]);
    assert_eq!(DashboardFile::parse(&file.to_yaml()).unwrap(), file);
    assert_eq!(
        DashboardFile::monitoring(&["loss", "val/acc", "dataset/x"]),
        None
    );
}

#[test]
fn stars_stand_for_something() {
    for (pattern, metric, is_match) in [
        ("a/*", "a/b", true),
        ("a/*", "a/b/c", true),
        ("a/*", "a/", false),
        ("*/accuracy", "x/accuracy", true),
        ("dataset/*/accuracy", "dataset/é/accuracy", true),
        ("dataset/*/accuracy", "dataset//accuracy", false),
        ("a*b*c", "axbxc", true),
        ("a*b*c", "abc", false),
        ("a*b*b", "axbb", false),
        ("a", "a", true),
        ("a", "ab", false),
        ("*", "", false),
    ] {
        assert_eq!(matches(pattern, metric), is_match, "{pattern} {metric}");
    }
}

#[test]
fn panels_choose_what_their_patterns_mean_once() {
    let panel = Panel::new(PanelKind::Line, "x", texts(&["b", "a/*", "a/1"]));
    assert_eq!(panel.chosen(&["a/1", "a/2", "b", "c"]), ["b", "a/1", "a/2"]);
}

proptest! {
    #[test]
    fn hostile_texts_are_refused_or_read(text in "(\\PC|[\\n :\\[\\]{},'\"*&!-]){0,80}", key in "[a-z_]{1,8}") {
        let _ = DashboardFile::parse(&text);
        let _ = DashboardFile::parse(&format!("panels:\n  - {key}: {text}\n"));
        let _ = matches(&text, &key);
    }
}
