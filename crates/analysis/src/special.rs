//! The few distributions that tests and intervals need: normal, Student's t, binomial.
//!
//! Checked against SciPy to 1e-9 (`tests/golden/statistics.json`).

use std::f64::consts::{PI, SQRT_2};

/// Natural logarithm of the gamma function for `x` above 0 (Lanczos, g = 7, 9 terms).
pub fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let series: f64 = COEFFICIENTS[1..]
        .iter()
        .zip(1..)
        .map(|(coefficient, i)| coefficient / (x + f64::from(i)))
        .sum();
    let t = x + 7.5;
    (2.0 * PI).sqrt().ln() + (x + 0.5) * t.ln() - t + (COEFFICIENTS[0] + series).ln()
}

/// Regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz).
pub fn beta_inc(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast only on this side of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_inc(b, a, 1.0 - x);
    }
    let front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    front.exp() / a * beta_fraction(a, b, x)
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..=10_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            change = c * d;
            result *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

/// P(Z ≤ z) of the standard normal distribution.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}

/// The complementary error function: a series near 0, a continued fraction in the tail.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x < 2.5 {
        let mut term = x;
        let mut sum = x;
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            let next = term / f64::from(2 * n + 1);
            sum += next;
            if next.abs() < 1e-17 * sum.abs() {
                break;
            }
        }
        return 1.0 - 2.0 / PI.sqrt() * sum;
    }
    let mut fraction = 0.0;
    for n in (1..=120).rev() {
        fraction = f64::from(n) / 2.0 / (x + fraction);
    }
    (-x * x).exp() / PI.sqrt() / (x + fraction)
}

/// The z with P(Z ≤ z) = `probability`; infinite at 0 and 1.
pub fn normal_quantile(probability: f64) -> f64 {
    if probability <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if probability >= 1.0 {
        return f64::INFINITY;
    }
    if probability > 0.5 {
        return -normal_quantile(1.0 - probability);
    }
    // A rough start (Abramowitz and Stegun 26.2.23, error below 5e-4), then Halley's steps.
    let t = (-2.0 * probability.ln()).sqrt();
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut z = numerator / denominator - t;
    for _ in 0..4 {
        let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
        let step = (normal_cdf(z) - probability) / density;
        z -= step / (1.0 + z * step / 2.0);
    }
    z
}

/// Two-sided p-value of a t statistic.
pub fn t_two_sided(t: f64, degrees: f64) -> f64 {
    beta_inc(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// The t with P(T ≤ t) = `probability`, for probabilities above 0.5.
pub fn t_quantile(probability: f64, degrees: f64) -> f64 {
    let tail = |t: f64| t_two_sided(t, degrees) / 2.0;
    let (mut low, mut high) = (0.0, 2.0);
    while tail(high) > 1.0 - probability {
        low = high;
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if tail(middle) > 1.0 - probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// Two-sided exact test that `successes` of `tries` came from a fair coin.
pub fn fair_coin_two_sided(successes: u64, tries: u64) -> f64 {
    let fewer = successes.min(tries - successes);
    if 2 * fewer == tries {
        return 1.0;
    }
    // P(X ≤ k) = I_{1/2}(n − k, k + 1); the other tail is as likely.
    let lower = beta_inc((tries - fewer) as f64, fewer as f64 + 1.0, 0.5);
    (2.0 * lower).min(1.0)
}
