//! A moment as protocols name it. Nothing here asks what time it is.

/// Seconds since 1970 in UTC and the rest in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp {
    pub seconds: i64,
    pub nanos: u32,
}

impl Timestamp {
    pub fn as_secs_f64(self) -> f64 {
        self.seconds as f64 + f64::from(self.nanos) / 1e9
    }

    /// `2026-11-21T01:48:34.710928`: UTC, microseconds, no zone, as console lines carry it.
    pub fn to_console(self) -> String {
        format!("{}.{:06}", self.date_and_time(), self.nanos / 1_000)
    }

    /// `2026-11-21T01:48:34Z`, as answers carry it.
    pub fn to_seconds(self) -> String {
        format!("{}Z", self.date_and_time())
    }

    fn date_and_time(self) -> String {
        const DAY: i64 = 86_400;
        let (year, month, day) = date(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        let (hours, minutes) = (second / 3_600, second / 60 % 60);
        let seconds = second % 60;
        format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}")
    }
}

/// Year, month and day of a number of days since 1970-01-01, in the proleptic Gregorian calendar.
/// Years are counted from March, so that the leap day is the last of one; 400 of them repeat.
fn date(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    // 0000-03-01 is 719,468 days before 1970-01-01.
    let days = days + 719_468;
    let era = days.div_euclid(DAYS_OF_400_YEARS);
    let day_of_era = days.rem_euclid(DAYS_OF_400_YEARS);
    let leap_corrected =
        day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096;
    let year_of_era = leap_corrected / 365;
    let first_day = 365 * year_of_era + year_of_era / 4 - year_of_era / 100;
    let day_of_year = day_of_era - first_day;
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + 400 * era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        let at = |seconds, nanos| Timestamp { seconds, nanos };
        // datetime.fromtimestamp(…, timezone.utc).isoformat() of Python.
        let moments = [
            (0, "1970-01-01T00:00:00.000000"),
            (951_782_399, "2000-02-28T23:59:59.000000"),
            (951_782_400, "2000-02-29T00:00:00.000000"),
            (1_709_251_199, "2024-02-29T23:59:59.000000"),
            (4_107_542_400, "2100-03-01T00:00:00.000000"),
            (-1, "1969-12-31T23:59:59.000000"),
            (-62_135_596_800, "0001-01-01T00:00:00.000000"),
        ];
        for (seconds, text) in moments {
            assert_eq!(at(seconds, 0).to_console(), text);
        }
        let moment = at(1_772_269_556, 512_814_999);
        assert_eq!(moment.to_console(), "2026-02-28T09:05:56.512814");
        assert_eq!(moment.to_seconds(), "2026-02-28T09:05:56Z");
        assert_eq!(at(1, 500_000_000).as_secs_f64(), 1.5);
    }

    #[test]
    fn nonsense_does_not_panic() {
        for seconds in [i64::MIN, i64::MAX] {
            let moment = Timestamp {
                seconds,
                nanos: u32::MAX,
            };
            assert!(!moment.to_console().is_empty());
        }
    }
}
