//! The two notations of time on the wire: the signature's (`20150830T123600Z`) and HTTP's `Date`
//! (`Sun, 30 Aug 2015 12:36:00 GMT`).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) const SECONDS_A_DAY: i64 = 86_400;

/// Whole seconds since the epoch, negative before it.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    }
}

/// `YYYYMMDDTHHMMSSZ`, the `x-amz-date` of a signature; the first eight bytes are its day. Nothing for a year that has
/// not four digits.
pub(crate) fn amz_date(seconds: i64) -> Option<[u8; 16]> {
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_A_DAY))?;
    let second = u32::try_from(seconds.rem_euclid(SECONDS_A_DAY)).ok()?;
    let mut date = *b"00000000T000000Z";
    digits(&mut date[0..4], year);
    digits(&mut date[4..6], month);
    digits(&mut date[6..8], day);
    digits(&mut date[9..11], second / 3600);
    digits(&mut date[11..13], second / 60 % 60);
    digits(&mut date[13..15], second % 60);
    Some(date)
}

fn digits(place: &mut [u8], mut value: u32) {
    for digit in place.iter_mut().rev() {
        // A digit is below ten, so nothing is cut off.
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Reads an HTTP `Date` in the form that every server of today sends (IMF-fixdate, RFC 9110 section 5.6.7).
pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    let (_, date) = text.split_once(", ")?;
    let mut words = date.split(' ');
    let day: i64 = number(words.next()?, 2)?;
    let month = 1 + MONTHS.iter().position(|name| Some(*name) == words.clone().next())?;
    let year: i64 = number(words.nth(1)?, 4)?;
    let mut clock = words.next()?.split(':');
    let (hour, minute, second) = (number(clock.next()?, 2)?, number(clock.next()?, 2)?, number(clock.next()?, 2)?);
    if words.next() != Some("GMT") || words.next().is_some() || clock.next().is_some() {
        return None;
    }
    // A leap second is written as 60.
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_from_civil(year, i64::try_from(month).ok()?, day);
    let seconds = days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
    match u64::try_from(seconds) {
        Ok(since) => UNIX_EPOCH.checked_add(Duration::from_secs(since)),
        Err(_) => UNIX_EPOCH.checked_sub(Duration::from_secs(seconds.unsigned_abs())),
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn number(text: &str, width: usize) -> Option<i64> {
    if text.len() != width || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Year, month and day of a day since the epoch. The computation in eras of 400 years, which begin in March so that
/// the leap day ends the year, is the one of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
fn civil(days: i64) -> Option<(u32, u32, u32)> {
    let shifted = days.checked_add(719_468)?;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if !(0..=9999).contains(&year) {
        return None;
    }
    Some((u32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?))
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn amz(seconds: i64) -> String {
        String::from_utf8(amz_date(seconds).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_signature_date_is_written_in_utc() {
        assert_eq!(amz(0), "19700101T000000Z");
        assert_eq!(amz(1_440_938_160), "20150830T123600Z");
        assert_eq!(amz(951_827_696), "20000229T123456Z");
        assert_eq!(amz(-1), "19691231T235959Z");
        assert_eq!(amz(253_402_300_799), "99991231T235959Z");
    }

    #[test]
    fn a_year_that_has_not_four_digits_has_no_signature_date() {
        assert_eq!(amz_date(253_402_300_800), None);
        assert_eq!(amz_date(i64::MAX), None);
        assert_eq!(amz_date(i64::MIN), None);
    }

    #[test]
    fn an_http_date_is_read() {
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(http_date("Sun, 30 Aug 2015 12:36:00 GMT"), at(1_440_938_160));
        assert_eq!(http_date("Tue, 29 Feb 2000 12:34:56 GMT"), at(951_827_696));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), at(0));
    }

    #[test]
    fn what_is_no_http_date_is_nothing() {
        for text in [
            "",
            "now",
            "Sun, 30 Aug 2015 12:36:00",
            "Sun, 30 Aug 2015 12:36:00 CET",
            "Sun, 30 Aug 2015 12:36:00 GMT x",
            "Sun, 3 Aug 2015 12:36:00 GMT",
            "Sun, 30 Bug 2015 12:36:00 GMT",
            "Sun, 30 Aug +015 12:36:00 GMT",
            "Sun, 30 Aug 2015 24:36:00 GMT",
            "Sun, 30 Aug 2015 12:36 GMT",
            "Sunday, 30-Aug-15 12:36:00 GMT",
        ] {
            assert_eq!(http_date(text), None, "{text}");
        }
    }

    #[test]
    fn both_notations_agree_on_every_day_of_two_centuries() {
        for days in -20_000..60_000 {
            let (year, month, day) = civil(days).unwrap();
            assert_eq!(days_from_civil(i64::from(year), i64::from(month), i64::from(day)), days);
        }
    }
}
