//! Ridge regression on a bag of words: the baseline that shows what a model adds over counting.
//!
//! Features are TF-IDF with smoothed IDF `ln((1+n)/(1+df)) + 1` and unit length (the convention
//! of scikit-learn). Per output, `(K + λI) a = y − ȳ` is solved in the dual, `K` the Gram matrix
//! of the centred features, which gives an unpenalised intercept. `K` is never formed: conjugate
//! gradients need only products with the sparse feature matrix, so cost grows with the number
//! of words, not with rows³. λ is chosen by k-fold cross-validation on the training rows.

use std::collections::HashMap;

use gradus_schema::Scale;

use crate::draws::Draws;
use crate::error::{Result, check_targets};
use crate::words::bag_of_words;

#[derive(Debug, Clone, PartialEq)]
pub struct RidgeOptions {
    /// Penalties to choose from.
    pub lambdas: Vec<f64>,
    pub folds: usize,
    /// Seed of the assignment of rows to folds.
    pub seed: u64,
}

impl Default for RidgeOptions {
    fn default() -> Self {
        Self {
            lambdas: vec![0.01, 0.03, 0.1, 0.3, 0.6, 1.0, 2.0, 4.0, 10.0, 30.0],
            folds: 5,
            seed: 0,
        }
    }
}

/// A fitted model.
#[derive(Debug, Clone)]
pub struct Ridge {
    vectoriser: Vectoriser,
    /// Features × outputs, row-major.
    weights: Vec<f64>,
    intercepts: Vec<f64>,
    lambda: f64,
    scale: Scale,
}

impl Ridge {
    /// Fits `targets` (rows × outputs, in units of `scale`) on `texts`.
    ///
    /// Errors: no rows, unequal counts, a target that is not finite.
    pub fn fit<T: AsRef<str>>(
        texts: &[T],
        targets: &[Vec<f64>],
        scale: Scale,
        options: &RidgeOptions,
    ) -> Result<Self> {
        check_targets(texts.len(), targets)?;
        let bags: Vec<Bag> = texts.iter().map(|text| bag_of(text.as_ref())).collect();
        let bags: Vec<&Bag> = bags.iter().collect();
        let lambda = choose_lambda(&bags, targets, scale, options);
        Ok(Self::fit_bags(&bags, targets, scale, lambda))
    }

    /// The penalty that cross-validation chose.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// One value per output, clamped to the scale, not rounded.
    pub fn predict(&self, text: &str) -> Vec<f64> {
        self.predict_bag(&bag_of(text))
    }

    /// As [`Ridge::predict`], rounded half away from zero: what an integer contract takes.
    pub fn predict_rounded(&self, text: &str) -> Vec<f64> {
        self.predict(text).into_iter().map(f64::round).collect()
    }

    fn fit_bags(bags: &[&Bag], targets: &[Vec<f64>], scale: Scale, lambda: f64) -> Self {
        let vectoriser = Vectoriser::fit(bags);
        let rows: Vec<SparseRow> = bags.iter().map(|bag| vectoriser.transform(bag)).collect();
        let centred = CentredRows::new(&rows, vectoriser.idf.len());
        let outputs = targets[0].len();
        let mut weights = vec![0.0; vectoriser.idf.len() * outputs];
        let mut intercepts = Vec::with_capacity(outputs);
        for output in 0..outputs {
            let values: Vec<f64> = targets.iter().map(|row| row[output]).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let centred_values: Vec<f64> = values.iter().map(|value| value - mean).collect();
            let dual = centred.solve(&centred_values, lambda);
            let weight = centred.transposed_times(&dual);
            let offset: f64 = weight.iter().zip(&centred.means).map(|(w, m)| w * m).sum();
            intercepts.push(mean - offset);
            for (feature, value) in weight.into_iter().enumerate() {
                weights[feature * outputs + output] = value;
            }
        }
        Self {
            vectoriser,
            weights,
            intercepts,
            lambda,
            scale,
        }
    }

    fn predict_bag(&self, bag: &Bag) -> Vec<f64> {
        let outputs = self.intercepts.len();
        let mut values = self.intercepts.clone();
        for (feature, x) in self.vectoriser.transform(bag) {
            let row = &self.weights[feature * outputs..(feature + 1) * outputs];
            values
                .iter_mut()
                .zip(row)
                .for_each(|(value, weight)| *value += x * weight);
        }
        values
            .into_iter()
            .map(|value| value.clamp(self.scale.min, self.scale.max))
            .collect()
    }
}

/// The penalty with the least mean absolute error over the folds; ties go to the larger one.
fn choose_lambda(bags: &[&Bag], targets: &[Vec<f64>], scale: Scale, options: &RidgeOptions) -> f64 {
    let folds = options.folds.min(bags.len());
    let mut lambdas = options.lambdas.clone();
    lambdas.sort_by(|a, b| b.total_cmp(a));
    let fallback = lambdas.get(lambdas.len() / 2).copied().unwrap_or(1.0);
    if folds < 2 || lambdas.len() < 2 {
        return fallback;
    }
    let mut order: Vec<usize> = (0..bags.len()).collect();
    Draws::new(options.seed).shuffle(&mut order);
    let mut errors = vec![0.0; lambdas.len()];
    for fold in 0..folds {
        let (mut held_out, mut kept) = (Vec::new(), Vec::new());
        for (place, &row) in order.iter().enumerate() {
            let side = if place % folds == fold {
                &mut held_out
            } else {
                &mut kept
            };
            side.push(row);
        }
        let kept_bags: Vec<&Bag> = kept.iter().map(|&row| bags[row]).collect();
        let kept_targets: Vec<Vec<f64>> = kept.iter().map(|&row| targets[row].clone()).collect();
        for (error, &lambda) in errors.iter_mut().zip(&lambdas) {
            let model = Ridge::fit_bags(&kept_bags, &kept_targets, scale, lambda);
            for &row in &held_out {
                let predicted = model.predict_bag(bags[row]);
                *error += predicted
                    .iter()
                    .zip(&targets[row])
                    .map(|(value, target)| (value - target).abs())
                    .sum::<f64>();
            }
        }
    }
    let mut best = 0;
    for index in 1..lambdas.len() {
        if errors[index] < errors[best] {
            best = index;
        }
    }
    lambdas[best]
}

/// Feature and count, sorted by feature.
type Bag = Vec<(String, u32)>;
/// Feature index and value, sorted by index.
type SparseRow = Vec<(usize, f64)>;

fn bag_of(text: &str) -> Bag {
    bag_of_words(text).into_iter().collect()
}

#[derive(Debug, Clone)]
struct Vectoriser {
    index: HashMap<String, usize>,
    idf: Vec<f64>,
}

impl Vectoriser {
    fn fit(bags: &[&Bag]) -> Self {
        let mut index = HashMap::new();
        let mut document_counts: Vec<usize> = Vec::new();
        for (feature, _) in bags.iter().flat_map(|bag| bag.iter()) {
            let next = document_counts.len();
            let place = *index.entry(feature.clone()).or_insert(next);
            if place == next {
                document_counts.push(0);
            }
            document_counts[place] += 1;
        }
        let n = bags.len() as f64;
        let idf = document_counts
            .iter()
            .map(|&df| ((1.0 + n) / (1.0 + df as f64)).ln() + 1.0);
        Self {
            idf: idf.collect(),
            index,
        }
    }

    /// Words that training never showed are left out.
    fn transform(&self, bag: &Bag) -> SparseRow {
        let mut row: SparseRow = bag
            .iter()
            .filter_map(|(feature, count)| {
                let place = *self.index.get(feature)?;
                Some((place, f64::from(*count) * self.idf[place]))
            })
            .collect();
        row.sort_unstable_by_key(|(place, _)| *place);
        let norm = row.iter().map(|(_, x)| x * x).sum::<f64>().sqrt();
        if norm > 0.0 {
            row.iter_mut().for_each(|(_, x)| *x /= norm);
        }
        row
    }
}

/// The feature matrix minus its column means, without ever making it dense.
struct CentredRows<'a> {
    rows: &'a [SparseRow],
    means: Vec<f64>,
}

impl<'a> CentredRows<'a> {
    fn new(rows: &'a [SparseRow], features: usize) -> Self {
        let mut means = vec![0.0; features];
        for (feature, x) in rows.iter().flatten() {
            means[*feature] += x / rows.len() as f64;
        }
        Self { rows, means }
    }

    /// `Xᵀ v`, features long.
    fn transposed_times(&self, v: &[f64]) -> Vec<f64> {
        let sum: f64 = v.iter().sum();
        let mut product: Vec<f64> = self.means.iter().map(|mean| -mean * sum).collect();
        for (row, value) in self.rows.iter().zip(v) {
            row.iter()
                .for_each(|(feature, x)| product[*feature] += x * value);
        }
        product
    }

    /// `X w`, rows long.
    fn times(&self, w: &[f64]) -> Vec<f64> {
        let offset: f64 = self
            .means
            .iter()
            .zip(w)
            .map(|(mean, weight)| mean * weight)
            .sum();
        self.rows
            .iter()
            .map(|row| row.iter().map(|(feature, x)| x * w[*feature]).sum::<f64>() - offset)
            .collect()
    }

    /// `a` with `(X Xᵀ + λI) a = y`, by conjugate gradients to a relative residual of 1e-10.
    fn solve(&self, y: &[f64], lambda: f64) -> Vec<f64> {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let mut solution = vec![0.0; y.len()];
        let mut residual = y.to_vec();
        let mut direction = residual.clone();
        let mut energy = dot(&residual, &residual);
        let enough = energy * 1e-20;
        for _ in 0..500 {
            if energy <= enough || energy == 0.0 {
                break;
            }
            let mut image = self.times(&self.transposed_times(&direction));
            image
                .iter_mut()
                .zip(&direction)
                .for_each(|(value, d)| *value += lambda * d);
            let step = energy / dot(&direction, &image);
            for index in 0..y.len() {
                solution[index] += step * direction[index];
                residual[index] -= step * image[index];
            }
            let next = dot(&residual, &residual);
            let ratio = next / energy;
            energy = next;
            for index in 0..y.len() {
                direction[index] = residual[index] + ratio * direction[index];
            }
        }
        solution
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constant::ConstantBaseline;

    const SCALE: Scale = Scale {
        min: 0.0,
        max: 10.0,
    };

    #[test]
    fn the_dual_solution_fulfils_the_normal_equations() {
        let texts = ["a b", "b c", "a c d", "d", "a a b"];
        let bags: Vec<Bag> = texts.iter().map(|text| bag_of(text)).collect();
        let bags: Vec<&Bag> = bags.iter().collect();
        let vectoriser = Vectoriser::fit(&bags);
        let rows: Vec<SparseRow> = bags.iter().map(|bag| vectoriser.transform(bag)).collect();
        let centred = CentredRows::new(&rows, vectoriser.idf.len());
        let y = [1.0, -2.0, 0.5, 1.5, -1.0];
        let a = centred.solve(&y, 0.3);
        let image = centred.times(&centred.transposed_times(&a));
        for index in 0..y.len() {
            assert!((image[index] + 0.3 * a[index] - y[index]).abs() < 1e-9);
        }
        // Centring makes the dual coefficients sum to zero: the intercept is not penalised.
        assert!(a.iter().sum::<f64>().abs() < 1e-9);
    }

    #[test]
    fn telling_words_are_learnt_and_strangers_get_the_mean() {
        let texts: Vec<String> = (0..60)
            .map(|i| format!("{} tune {}", ["dark", "bright"][i % 2], i % 7))
            .collect();
        let targets: Vec<Vec<f64>> = (0..60).map(|i| vec![[1.0, 9.0][i % 2], 5.0]).collect();
        let model = Ridge::fit(&texts, &targets, SCALE, &RidgeOptions::default()).unwrap();
        let [bright, dark] = ["a bright tune", "a dark tune"].map(|text| model.predict(text));
        assert!(bright[0] > 8.0 && dark[0] < 2.0, "{bright:?} {dark:?}");
        let stranger = model.predict("entirely other");
        assert!((stranger[0] - 5.0).abs() < 0.6 && (stranger[1] - 5.0).abs() < 1e-9);
        let again = Ridge::fit(&texts, &targets, SCALE, &RidgeOptions::default()).unwrap();
        assert_eq!(again.predict("a dark tune"), model.predict("a dark tune"));
    }

    #[test]
    fn small_and_degenerate_inputs_do_not_break() {
        let one = Ridge::fit(&["x"], &[vec![3.0]], SCALE, &RidgeOptions::default()).unwrap();
        assert_eq!(one.predict("y"), [3.0]);
        let blank = Ridge::fit(
            &["", ""],
            &[vec![3.0], vec![5.0]],
            SCALE,
            &RidgeOptions::default(),
        );
        assert_eq!(blank.unwrap().predict("z"), [4.0]);
        assert!(Ridge::fit::<&str>(&[], &[], SCALE, &RidgeOptions::default()).is_err());
    }

    type Rows = (Vec<String>, Vec<String>, Vec<Vec<f64>>);

    fn released_rows(name: &str) -> Option<Rows> {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/mistral-hackathon/ft/history/1733ce1")
            .join(name);
        let (mut texts, mut types, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for row in gradus_schema::parse_json_rows(&std::fs::read(file).ok()?).unwrap() {
            let text = |key: &str| row.fields[key].as_str().unwrap().to_string();
            texts.push(text("request_text"));
            types.push(text("source_type"));
            let vector = row.fields["target_hidden_params"]["vector"]
                .as_object()
                .unwrap();
            targets.push(
                vector
                    .values()
                    .map(|value| value.as_f64().unwrap())
                    .collect(),
            );
        }
        Some((texts, types, targets))
    }

    /// The published rows, where they are at hand: the figures every model there is held to.
    #[test]
    fn baselines_reach_the_known_figures_on_released_rows() {
        let Some((texts, types, targets)) = released_rows("ft_request_param_train.jsonl") else {
            return;
        };
        let Some((valid_texts, valid_types, valid)) = released_rows("ft_request_param_valid.jsonl")
        else {
            return;
        };
        let mae = |predict: &dyn Fn(usize) -> Vec<f64>| {
            let error = |row: usize| {
                let pairs = predict(row).into_iter().zip(&valid[row]);
                pairs.map(|(p, t)| (p.round() - t).abs()).sum::<f64>() / 6.0
            };
            (0..valid.len()).map(error).sum::<f64>() / valid.len() as f64
        };
        let constant = ConstantBaseline::fit(&targets).unwrap();
        assert!((mae(&|_| constant.predict(None).to_vec()) - 1.908).abs() < 0.001);
        let by_type = ConstantBaseline::fit_by(&types, &targets).unwrap();
        let found = mae(&|row| by_type.predict(Some(&valid_types[row])).to_vec());
        assert!((found - 1.715).abs() < 0.001, "{found}");
        let ridge = Ridge::fit(&texts, &targets, SCALE, &RidgeOptions::default()).unwrap();
        let found = mae(&|row| ridge.predict(&valid_texts[row]));
        assert!(
            (1.36..1.42).contains(&found),
            "{found} with lambda {}",
            ridge.lambda()
        );
    }
}
