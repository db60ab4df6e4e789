//! Equal texts with different labels: the error that nobody who only sees the text can avoid.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats::median;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EqualTexts {
    pub n_rows: usize,
    pub n_texts: usize,
    /// Texts with more than one label.
    pub n_texts_in_conflict: usize,
    /// Rows of those texts.
    pub n_rows_in_conflict: usize,
    /// Most labels of one text.
    pub most_labels: usize,
    /// Mean absolute error of the best answer per text, over all rows; `None` without rows.
    pub floor_mae: Option<f64>,
    /// The same over the rows in conflict only.
    pub floor_mae_in_conflict: Option<f64>,
}

/// `texts`: normalised; `labels`: rows × fields.
pub fn equal_texts(texts: &[String], labels: &[Vec<f64>]) -> EqualTexts {
    let mut rows_by_text: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, text) in texts.iter().enumerate().take(labels.len()) {
        rows_by_text.entry(text).or_default().push(row);
    }
    let mut found = EqualTexts {
        n_rows: labels.len().min(texts.len()),
        n_texts: rows_by_text.len(),
        n_texts_in_conflict: 0,
        n_rows_in_conflict: 0,
        most_labels: 0,
        floor_mae: None,
        floor_mae_in_conflict: None,
    };
    let (mut error, mut numbers, mut numbers_in_conflict) = (0.0, 0usize, 0usize);
    for rows in rows_by_text.values() {
        let mut distinct: Vec<&Vec<f64>> = rows.iter().map(|&row| &labels[row]).collect();
        distinct.sort_by(|a, b| {
            a.iter()
                .map(|x| x.to_bits())
                .cmp(b.iter().map(|x| x.to_bits()))
        });
        distinct.dedup();
        found.most_labels = found.most_labels.max(distinct.len());
        let width = labels[rows[0]].len();
        numbers += width * rows.len();
        if distinct.len() < 2 {
            continue;
        }
        found.n_texts_in_conflict += 1;
        found.n_rows_in_conflict += rows.len();
        numbers_in_conflict += width * rows.len();
        for column in 0..width {
            let values: Vec<f64> = rows
                .iter()
                .filter_map(|&row| labels[row].get(column).copied())
                .collect();
            let middle = median(&values).unwrap_or_default();
            error += values
                .iter()
                .map(|value| (value - middle).abs())
                .sum::<f64>();
        }
    }
    found.floor_mae = (numbers > 0).then(|| error / numbers as f64);
    found.floor_mae_in_conflict =
        (numbers_in_conflict > 0).then(|| error / numbers_in_conflict as f64);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_the_spread_around_the_median() {
        let texts = ["a", "a", "a", "b", "b", "c"].map(String::from);
        let labels = [[1.], [2.], [6.], [4.], [4.], [9.]].map(|x| x.to_vec());
        let found = equal_texts(&texts, &labels);
        assert_eq!((found.n_texts, found.n_texts_in_conflict), (3, 1));
        assert_eq!((found.n_rows_in_conflict, found.most_labels), (3, 3));
        assert_eq!(found.floor_mae, Some(5.0 / 6.0));
        assert_eq!(found.floor_mae_in_conflict, Some(5.0 / 3.0));
        assert_eq!(equal_texts(&[], &[]).floor_mae, None);
    }
}
