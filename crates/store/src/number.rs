//! Numbers and the text they were sent as. A column keeps the number; the text is made again by
//! the rule of the program that wrote it, and where no rule gives the same text, the text is kept.

use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    I64(i64),
    U64(u64),
    F64(f64),
}

/// The number of a JSON token, bare NaN and infinities included. Integers of more than 64 bits
/// are not numbers here, since none of the kinds holds them exactly.
pub fn parse(token: &str) -> Option<Number> {
    if is_integer(token) && token != "-0" {
        if let Ok(value) = token.parse() {
            return Some(Number::I64(value));
        }
        return token.parse().ok().map(Number::U64);
    }
    match token {
        "NaN" => return Some(Number::F64(f64::NAN)),
        "Infinity" => return Some(Number::F64(f64::INFINITY)),
        "-Infinity" => return Some(Number::F64(f64::NEG_INFINITY)),
        _ => {}
    }
    // Rust reads more than JSON allows ("inf", ".5", "+1"), so the shape is checked first.
    let value: f64 = is_float(token).then(|| token.parse().ok())??;
    value.is_finite().then_some(Number::F64(value))
}

pub fn is_integer(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token).as_bytes();
    let is_short = digits.len() == 1 || digits.first().is_some_and(|first| *first != b'0');
    is_short && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn is_float(token: &str) -> bool {
    let (mantissa, exponent) = match token.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (token, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = |text: &str| text.strip_prefix(['+', '-']).is_some_and(all_digits);
    is_integer(whole)
        && fraction.is_none_or(all_digits)
        && exponent.is_none_or(|text| all_digits(text) || unsigned(text))
}

/// A way in which programs write floats. All write the shortest digits that read back the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Format {
    /// Go `strconv.FormatFloat(x, 'g', -1, 64)`: what the tracker's client sends. `1`, `1e+06`.
    GoShortest = 0,
    /// Python `repr`: `1.0`, `1e+16`, `1e-05`.
    Python = 1,
    /// JavaScript and Go's `encoding/json`: `1`, `1e+21`, `1e-7`.
    JavaScript = 2,
    /// Rust's serde_json: `1.0`, `1e+16`, `1e-6`.
    SerdeJson = 3,
}

pub const FORMATS: [Format; 4] = [
    Format::GoShortest,
    Format::Python,
    Format::JavaScript,
    Format::SerdeJson,
];

impl Format {
    pub fn from_byte(byte: u8) -> Option<Self> {
        FORMATS.get(usize::from(byte)).copied()
    }
}

/// A set of formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats(u8);

impl Formats {
    pub const ALL: Self = Self(0b1111);

    pub fn only(format: Format) -> Self {
        Self(1 << format as u8)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, format: Format) -> bool {
        self.0 & (1 << format as u8) != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Format> {
        FORMATS
            .into_iter()
            .filter(move |format| self.contains(*format))
    }
}

/// The shortest decimal digits of a float and where its point stands.
pub struct Digits {
    is_negative: bool,
    /// Without point, at least one.
    digits: String,
    /// Of the first digit, in powers of ten.
    exponent: i32,
    special: Option<&'static str>,
}

impl Digits {
    pub fn new() -> Self {
        Self {
            is_negative: false,
            digits: String::with_capacity(32),
            exponent: 0,
            special: None,
        }
    }

    /// Of `value`, in place of those before.
    pub fn set(&mut self, value: f64) -> &Self {
        self.special = match value {
            _ if value.is_nan() => Some("NaN"),
            f64::INFINITY => Some("Infinity"),
            f64::NEG_INFINITY => Some("-Infinity"),
            _ => None,
        };
        if self.special.is_some() {
            return self;
        }
        self.is_negative = value.is_sign_negative();
        self.digits.clear();
        // Where two shortest texts lie equally near, all four programs take the even digit; the
        // standard library does not.
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(value.abs());
        let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        self.digits.push_str(whole.trim_start_matches('0'));
        let is_below_one = self.digits.is_empty();
        self.digits.push_str(match is_below_one {
            true => fraction.trim_start_matches('0'),
            false => fraction,
        });
        let first = match is_below_one {
            true => -1 - (fraction.len() - self.digits.len()) as i32,
            false => self.digits.len() as i32 - fraction.len() as i32 - 1,
        };
        self.exponent = first + power.parse::<i32>().unwrap_or(0);
        self.digits
            .truncate(self.digits.trim_end_matches('0').len());
        if self.digits.is_empty() {
            self.digits.push('0');
            self.exponent = 0;
        }
        self
    }

    pub fn put(&self, format: Format, out: &mut String) {
        if let Some(special) = self.special {
            out.push_str(special);
            return;
        }
        if self.is_negative {
            out.push('-');
        }
        let exponent = self.exponent;
        let is_scientific = match format {
            Format::GoShortest => !(-4..6).contains(&exponent),
            Format::Python => !(-4..16).contains(&exponent),
            Format::JavaScript => !(-6..21).contains(&exponent),
            Format::SerdeJson => !(-5..16).contains(&exponent),
        };
        if is_scientific && self.digits != "0" {
            self.put_scientific(format, out);
        } else {
            self.put_fixed(out);
            let is_whole = exponent >= 0 && self.digits.len() <= exponent as usize + 1;
            if is_whole && matches!(format, Format::Python | Format::SerdeJson) {
                out.push_str(".0");
            }
        }
    }

    fn put_scientific(&self, format: Format, out: &mut String) {
        out.push_str(&self.digits[..1]);
        if self.digits.len() > 1 {
            out.push('.');
            out.push_str(&self.digits[1..]);
        }
        let size = self.exponent.unsigned_abs();
        let sign = if self.exponent < 0 { "-" } else { "+" };
        let has_two_digits = matches!(format, Format::GoShortest | Format::Python);
        let width = if has_two_digits { 2 } else { 1 };
        let _ = write!(out, "e{sign}{size:0width$}");
    }

    fn put_fixed(&self, out: &mut String) {
        let digits = &self.digits;
        if self.exponent < 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n(
                '0',
                self.exponent.unsigned_abs() as usize - 1,
            ));
            out.push_str(digits);
            return;
        }
        let whole = self.exponent as usize + 1;
        if digits.len() <= whole {
            out.push_str(digits);
            out.extend(std::iter::repeat_n('0', whole - digits.len()));
        } else {
            out.push_str(&digits[..whole]);
            out.push('.');
            out.push_str(&digits[whole..]);
        }
    }
}

/// Which of the formats write `value` as exactly this token.
pub struct Recogniser {
    digits: Digits,
    text: String,
}

impl Recogniser {
    pub fn new() -> Self {
        Self {
            digits: Digits::new(),
            text: String::with_capacity(32),
        }
    }

    pub fn formats(&mut self, token: &str, value: f64, candidates: Formats) -> Formats {
        self.digits.set(value);
        let mut found = 0;
        for format in candidates.iter() {
            self.text.clear();
            self.digits.put(format, &mut self.text);
            if self.text == token {
                found |= 1 << format as u8;
            }
        }
        Formats(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(value: f64) -> [String; 4] {
        let mut digits = Digits::new();
        digits.set(value);
        FORMATS.map(|format| {
            let mut text = String::new();
            digits.put(format, &mut text);
            text
        })
    }

    /// Go's from `strconv` and `encoding/json`, Python's from `repr`, the last from serde_json.
    #[test]
    fn floats_are_written_as_their_programs_write_them() {
        for (value, expected) in [
            (1.0, ["1", "1.0", "1", "1.0"]),
            (-0.0, ["-0", "-0.0", "-0", "-0.0"]),
            (0.1, ["0.1", "0.1", "0.1", "0.1"]),
            (1e6, ["1e+06", "1000000.0", "1000000", "1000000.0"]),
            (1e-5, ["1e-05", "1e-05", "0.00001", "0.00001"]),
            (1.5e-7, ["1.5e-07", "1.5e-07", "1.5e-7", "1.5e-7"]),
            (1e16, ["1e+16", "1e+16", "10000000000000000", "1e+16"]),
            (1e21, ["1e+21", "1e+21", "1e+21", "1e+21"]),
            // 2155586989469747.25 lies between two texts of the same length.
            (
                2_155_586_989_469_747.2,
                [
                    "2.1555869894697472e+15",
                    "2155586989469747.2",
                    "2155586989469747.2",
                    "2155586989469747.2",
                ],
            ),
            (
                1_795_225_714.633_732_6,
                [
                    "1.7952257146337326e+09",
                    "1795225714.6337326",
                    "1795225714.6337326",
                    "1795225714.6337326",
                ],
            ),
            (5e-324, ["5e-324", "5e-324", "5e-324", "5e-324"]),
            (f64::NAN, ["NaN"; 4]),
            (f64::NEG_INFINITY, ["-Infinity"; 4]),
        ] {
            assert_eq!(texts(value), expected, "{value}");
        }
    }

    #[test]
    fn tokens_have_their_kinds() {
        assert_eq!(
            parse("9007199254740993"),
            Some(Number::I64(9_007_199_254_740_993))
        );
        assert_eq!(parse("18446744073709551615"), Some(Number::U64(u64::MAX)));
        assert_eq!(parse("18446744073709551616"), None);
        assert!(matches!(parse("-0"), Some(Number::F64(v)) if v.is_sign_negative()));
        assert!(matches!(parse("NaN"), Some(Number::F64(v)) if v.is_nan()));
        for token in [
            "", "-", "inf", "nan", ".5", "1.", "+1", "01", "1e", "0x1", "1e999", "1_0",
        ] {
            assert_eq!(parse(token), None, "{token}");
        }
    }

    proptest! {
        #[test]
        fn every_format_reads_back_to_the_same_bits(bits: u64) {
            let value = f64::from_bits(bits);
            for text in texts(value) {
                let back = match parse(&text) {
                    Some(Number::F64(back)) => back,
                    Some(Number::I64(back)) => back as f64,
                    Some(Number::U64(back)) => back as f64,
                    None => text.parse().unwrap(),
                };
                prop_assert!(back.to_bits() == bits || value.is_nan());
            }
        }

        #[test]
        fn serde_json_is_recognised(
            value in prop_oneof![proptest::num::f64::NORMAL, -1e20f64..1e20, -1e-3f64..1e-3]
        ) {
            let token = serde_json::to_string(&value).unwrap();
            let formats = Recogniser::new().formats(&token, value, Formats::ALL);
            prop_assert!(formats.contains(Format::SerdeJson), "{}", token);
        }
    }
}
