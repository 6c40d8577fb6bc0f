//! Medians of repeated measurements.

/// Measurements of one thing, one a round.
#[derive(Debug, Default, Clone)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// Adds a measurement.
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The middle measurement, or the mean of the two in the middle; `None` if nothing was measured.
    pub(crate) fn median(&self) -> Option<f64> {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            length if length % 2 == 1 => sorted.get(middle).copied(),
            _ => Some((sorted.get(middle - 1)? + sorted.get(middle)?) / 2.0),
        }
    }

    /// `median (lowest-highest)`, so that a noisy run is seen as one.
    pub(crate) fn summary(&self, decimals: usize) -> String {
        let sorted = self.sorted();
        match (self.median(), sorted.first(), sorted.last()) {
            (Some(median), Some(lowest), Some(highest)) => {
                format!("{median:.decimals$} ({lowest:.decimals$}-{highest:.decimals$})")
            }
            _ => "-".to_owned(),
        }
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// `dividend / divisor` where that says something: both known and the divisor above zero.
pub(crate) fn ratio(dividend: Option<f64>, divisor: Option<f64>) -> Option<f64> {
    let (dividend, divisor) = (dividend?, divisor?);
    (divisor > 0.0).then_some(dividend / divisor)
}

/// The line by which a ratio is found in the output.
pub(crate) fn ratio_line(name: &str, value: f64) -> String {
    format!("ratio {name} {value:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Series {
        Series(values.to_vec())
    }

    #[test]
    fn the_median_of_an_odd_number_is_the_middle_one() {
        assert_eq!(series(&[9.0, 1.0, 5.0]).median(), Some(5.0));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        assert_eq!(series(&[4.0, 1.0, 100.0, 2.0]).median(), Some(3.0));
    }

    #[test]
    fn nothing_measured_has_no_median() {
        assert_eq!(series(&[]).median(), None);
        assert_eq!(series(&[]).summary(1), "-");
    }

    #[test]
    fn a_summary_shows_the_spread() {
        assert_eq!(series(&[9.0, 1.0, 5.0]).summary(1), "5.0 (1.0-9.0)");
    }

    #[test]
    fn a_ratio_to_nothing_or_less_is_not_given() {
        assert_eq!(ratio(Some(6.0), Some(2.0)), Some(3.0));
        assert_eq!(ratio(Some(6.0), Some(0.0)), None);
        assert_eq!(ratio(Some(6.0), Some(-1.0)), None);
        assert_eq!(ratio(None, Some(2.0)), None);
        assert_eq!(ratio(Some(6.0), None), None);
    }

    #[test]
    fn a_ratio_stands_alone_on_its_line() {
        assert_eq!(ratio_line("get_net", 12.249), "ratio get_net 12.25");
    }
}
