//! The dates in credentials: RFC 3339.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `2016-02-25T06:03:31Z`, also with a fraction and with an offset, as a time.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let is = |at: usize, any_of: &[u8]| bytes.get(at).is_some_and(|byte| any_of.contains(byte));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // A leap second is the 60th.
    if !(1..=12).contains(&month)
        || !(1..=days_in(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let mut rest = text.get(19..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        rest = &fraction[digits..];
    }
    let offset = match rest.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let digits = [*h1, *h2, *m1, *m2];
            if !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            let [h1, h2, m1, m2] = digits.map(|digit| i64::from(digit - b'0'));
            let seconds = (h1 * 10 + h2) * 3600 + (m1 * 10 + m2) * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    match u64::try_from(seconds) {
        Ok(seconds) => UNIX_EPOCH.checked_add(Duration::from_secs(seconds)),
        Err(_) => UNIX_EPOCH.checked_sub(Duration::from_secs(seconds.unsigned_abs())),
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let days_before_year = before * 365 + before / 4 - before / 100 + before / 400;
    // The same sum for 1970.
    const BEFORE_1970: i64 = 1969 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400;
    days_before_year - BEFORE_1970 + (1..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_timestamp_is_read_as_rfc_3339_has_it() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2016-02-25T06:03:31Z", 1_456_380_211),
            ("2016-02-25T06:03:31.999Z", 1_456_380_211),
            ("2016-02-25T08:03:31+02:00", 1_456_380_211),
            ("2016-02-25 04:33:31-01:30", 1_456_380_211),
            ("2000-02-29T23:59:59z", 951_868_799),
            ("2038-01-19T03:14:08Z", 2_147_483_648),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            assert_eq!(parse(text), Some(UNIX_EPOCH + Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1969-12-31T23:59:59Z"), Some(UNIX_EPOCH - Duration::from_secs(1)));
    }

    #[test]
    fn what_is_no_timestamp_is_none() {
        for text in [
            "",
            "2016-02-25",
            "2016-02-25T06:03:31",
            "2016-13-25T06:03:31Z",
            "2016-02-30T06:03:31Z",
            "2015-02-29T06:03:31Z",
            "2016-02-25T24:03:31Z",
            "2016-02-25T06:60:31Z",
            "2016-02-25T06:03:61Z",
            "2016-02-25T06:03:31.Z",
            "2016-02-25T06:03:31+2:00",
            "2016-02-25T06:03:31+0200",
            "+016-02-25T06:03:31Z",
            "2016-02-25T06:03:31Z ",
            "2016-0é-25T06:03:31Z",
            "never",
            "1456380211",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[0-9]{0,4}-?[0-9é]{0,2}-[0-9]{0,2}T[0-9:.+Z-]{0,20}|.*") {
            let _read = parse(&text);
        }

        #[test]
        fn each_second_is_read_back(seconds in 0u64..4_102_444_800) {
            // The other way round by the calendar's own rules, day by day.
            let (mut days, rest) = ((seconds / 86_400) as i64, seconds % 86_400);
            let mut year = 1970;
            while days >= if super::is_leap(year) { 366 } else { 365 } {
                days -= if super::is_leap(year) { 366 } else { 365 };
                year += 1;
            }
            let mut month = 1;
            while days >= super::days_in(year, month) {
                days -= super::days_in(year, month);
                month += 1;
            }
            let text = format!("{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}Z", days + 1, rest / 3600, rest / 60 % 60, rest % 60);
            proptest::prop_assert_eq!(parse(&text), Some(UNIX_EPOCH + Duration::from_secs(seconds)));
        }
    }
}
