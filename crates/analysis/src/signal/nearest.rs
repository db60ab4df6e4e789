//! Nearest neighbours on TF-IDF: predicts what the most similar texts were labelled.

use std::collections::HashMap;

use crate::stats::median;
use crate::words::bag_of_words;

/// Neighbours whose median is the prediction.
pub const NEIGHBOURS: usize = 10;

/// Feature number and weight.
type Row = Vec<(usize, f64)>;

/// Texts as unit vectors, ready for comparisons.
pub struct NearestNeighbours {
    rows: Vec<Row>,
    features: usize,
}

impl NearestNeighbours {
    /// TF-IDF with `ln((1+n)/(1+df)) + 1` over all texts; texts carry no labels, so nothing of a
    /// held-out row is learnt from them.
    pub fn new<T: AsRef<str>>(texts: &[T]) -> Self {
        let bags: Vec<_> = texts
            .iter()
            .map(|text| bag_of_words(text.as_ref()))
            .collect();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut texts_with: Vec<usize> = Vec::new();
        for feature in bags.iter().flat_map(|bag| bag.keys()) {
            let next = numbers.len();
            let number = *numbers.entry(feature).or_insert(next);
            if number == next {
                texts_with.push(0);
            }
            texts_with[number] += 1;
        }
        let n = bags.len() as f64;
        let rows = bags.iter().map(|bag| {
            let mut row: Row = bag
                .iter()
                .map(|(feature, &count)| {
                    let number = numbers[feature.as_str()];
                    let idf = ((1.0 + n) / (1.0 + texts_with[number] as f64)).ln() + 1.0;
                    (number, f64::from(count) * idf)
                })
                .collect();
            let norm = row.iter().map(|(_, x)| x * x).sum::<f64>().sqrt();
            row.iter_mut().for_each(|(_, x)| *x /= norm);
            row
        });
        Self {
            rows: rows.collect(),
            features: texts_with.len(),
        }
    }

    /// Per field the median of the nearest rows of `known`, for each row of `asked`. Ties go to
    /// the earlier row. `known` must not be empty.
    pub fn predict(&self, known: &[usize], asked: &[usize], labels: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut rows_with: Vec<Vec<(usize, f64)>> = vec![Vec::new(); self.features];
        for (place, &row) in known.iter().enumerate() {
            for &(feature, x) in &self.rows[row] {
                rows_with[feature].push((place, x));
            }
        }
        let answer = |&row: &usize| {
            let mut similarity = vec![0.0; known.len()];
            for &(feature, x) in &self.rows[row] {
                rows_with[feature]
                    .iter()
                    .for_each(|&(place, y)| similarity[place] += x * y);
            }
            let mut order: Vec<usize> = (0..known.len()).collect();
            order.sort_by(|&a, &b| similarity[b].total_cmp(&similarity[a]).then(a.cmp(&b)));
            order.truncate(NEIGHBOURS);
            let width = labels[known[0]].len();
            (0..width)
                .map(|column| {
                    let values: Vec<f64> = order
                        .iter()
                        .map(|&place| labels[known[place]][column])
                        .collect();
                    median(&values).expect("there is at least one known row")
                })
                .collect()
        };
        asked.iter().map(answer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_texts_answer_alike() {
        let texts: Vec<String> = (0..40)
            .map(|i| format!("{} song number{i}", ["dark stormy", "bright sunny"][i % 2]))
            .collect();
        let labels: Vec<Vec<f64>> = (0..40).map(|i| vec![[1.0, 9.0][i % 2]]).collect();
        let model = NearestNeighbours::new(&texts);
        let known: Vec<usize> = (2..40).collect();
        assert_eq!(model.predict(&known, &[0, 1], &labels), [[1.0], [9.0]]);
        let one = NearestNeighbours::new(&["", ""]);
        assert_eq!(one.predict(&[0], &[1], &labels), [[1.0]]);
    }
}
