//! Numbers as the service has them: decimal, 38 digits.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A number with all its digits: up to 38 significant ones, between 1E-130 and
/// 9.9999999999999999999999999999999999999E+125 in magnitude (Amazon DynamoDB Developer Guide, "Supported data types
/// and naming rules", Number), or zero.
///
/// Equality, order and hash are those of the value: `1`, `1.0` and `1E0` are the same number. [`Display`] gives one
/// form for each value: without needless zeros, and with an exponent only where the zeros would be many.
///
/// ```
/// use enhanced_dynamodb::Number;
///
/// let price: Number = "12345678901234567890123456789012345.678".parse()?;
/// assert_eq!(price.to_string(), "12345678901234567890123456789012345.678");
/// assert_eq!("1E0".parse::<Number>()?, Number::from(1));
/// assert!(Number::try_from(0.1)? < "0.10000000000000000001".parse()?);
/// assert!(Number::try_from(f64::NAN).is_err());
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
///
/// [`Display`]: fmt::Display
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    /// The digits as an integer that does not end in 0; 0 only for zero.
    coefficient: u128,
    /// The power of ten that the coefficient is multiplied by; 0 for zero.
    exponent: i16,
    /// Never set for zero.
    negative: bool,
}

/// The simplest of serde's types that is exactly the number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Plain {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// None of them is.
    Digits,
}

const MAX_DIGITS: i64 = 38;
/// The power of ten of the first digit.
const MAX_EXPONENT: i64 = 125;
const MIN_EXPONENT: i64 = -130;

const POWERS_OF_TEN: [u128; 39] = {
    let mut powers = [1u128; 39];
    let mut at = 1;
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

impl Number {
    /// Zero.
    pub const ZERO: Number = Number { coefficient: 0, exponent: 0, negative: false };

    pub(crate) const OUT_OF_RANGE: &'static str =
        "a number must be 0 or between 1E-130 and 9.9999999999999999999999999999999999999E+125 in magnitude";
    /// What a float becomes that the service has no number for, until it is written: greater than every number.
    const UNSTORABLE: Number = Number { coefficient: 1, exponent: i16::MAX, negative: false };
    const NOT_STORABLE: &'static str =
        "a float must be finite, and 0 or between 1E-130 and 9.9999999999999999999999999999999999999E+125 in magnitude";
    const NOT_A_NUMBER: &'static str = "expected N, found text that is not a decimal number";
    const TOO_MANY_DIGITS: &'static str = "a number must not have more than 38 significant digits";

    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &str) -> Result<Number, &'static str> {
        let (negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mut coefficient = 0u128;
        // Significant digits in the coefficient, and zeros seen since, which count only if another digit follows.
        let (mut digits, mut zeros) = (0i64, 0i64);
        let (mut integral, mut fractional, mut point) = (0i64, 0i64, false);
        let mut at = 0;
        while let Some(&byte) = unsigned.get(at) {
            match byte {
                b'0'..=b'9' => {
                    if point {
                        fractional += 1
                    } else {
                        integral += 1
                    }
                    if byte == b'0' {
                        zeros += i64::from(digits > 0);
                    } else {
                        digits += zeros + 1;
                        if digits > MAX_DIGITS {
                            return Err(Number::TOO_MANY_DIGITS);
                        }
                        // Not more than 38 places, of which the digits take at least one.
                        coefficient = coefficient * POWERS_OF_TEN[(zeros + 1) as usize] + u128::from(byte - b'0');
                        zeros = 0;
                    }
                }
                b'.' if !point => point = true,
                b'e' | b'E' => break,
                _ => return Err(Number::NOT_A_NUMBER),
            }
            at += 1;
        }
        if integral + fractional == 0 {
            return Err(Number::NOT_A_NUMBER);
        }
        let written = match unsigned.get(at + 1..) {
            Some(exponent) => parse_exponent(exponent).ok_or(Number::NOT_A_NUMBER)?,
            None => 0,
        };
        if coefficient == 0 {
            return Ok(Number::ZERO);
        }
        Number::checked(coefficient, zeros - fractional + written, negative)
    }

    /// The coefficient must not end in 0.
    fn checked(coefficient: u128, exponent: i64, negative: bool) -> Result<Number, &'static str> {
        let first = count_digits(coefficient) + exponent - 1;
        if !(MIN_EXPONENT..=MAX_EXPONENT).contains(&first) {
            return Err(Number::OUT_OF_RANGE);
        }
        match i16::try_from(exponent) {
            Ok(exponent) => Ok(Number { coefficient, exponent, negative }),
            Err(_) => Err(Number::OUT_OF_RANGE),
        }
    }

    const fn from_small(magnitude: u64, negative: bool) -> Number {
        let (mut coefficient, mut exponent) = (magnitude, 0);
        while coefficient != 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            exponent += 1;
        }
        Number { coefficient: coefficient as u128, exponent, negative }
    }

    fn from_large(magnitude: u128, negative: bool) -> Result<Number, &'static str> {
        let (mut coefficient, mut exponent) = (magnitude, 0);
        while coefficient != 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            exponent += 1;
        }
        if count_digits(coefficient) > MAX_DIGITS {
            return Err(Number::TOO_MANY_DIGITS);
        }
        Number::checked(coefficient, exponent, negative)
    }

    /// The float, or what fails as soon as it is written.
    pub(super) fn from_float(float: impl TryInto<Number>) -> Number {
        float.try_into().unwrap_or(Number::UNSTORABLE)
    }

    /// # Errors
    /// If the service has no such number.
    pub(super) fn storable(self) -> Result<Number, &'static str> {
        if self == Number::UNSTORABLE { Err(Number::NOT_STORABLE) } else { Ok(self) }
    }

    /// Whether the number has no fraction.
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.exponent >= 0 && self != Number::UNSTORABLE
    }

    /// Whether the number is less than zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// The number as an `i64`, if it is one.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        self.to_i128()?.try_into().ok()
    }

    /// The number as a `u64`, if it is one.
    #[must_use]
    pub fn to_u64(self) -> Option<u64> {
        self.to_u128()?.try_into().ok()
    }

    /// The number as an `i128`, if it is one.
    #[must_use]
    pub fn to_i128(self) -> Option<i128> {
        let magnitude = self.magnitude()?;
        if self.negative { 0i128.checked_sub_unsigned(magnitude) } else { magnitude.try_into().ok() }
    }

    /// The number as a `u128`, if it is one.
    #[must_use]
    pub fn to_u128(self) -> Option<u128> {
        if self.negative { None } else { self.magnitude() }
    }

    /// The nearest `f64`. Every number of the service lies within its range.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        if self == Number::UNSTORABLE {
            return f64::NAN;
        }
        // Exact as long as both fit a float's 53 bits and the power is one of those that do (10^22 is the last).
        if self.coefficient < 1 << 53 && (-22..=22).contains(&self.exponent) {
            let power = POWERS_OF_TEN[usize::from(self.exponent.unsigned_abs())] as f64;
            let magnitude = self.coefficient as f64;
            let float = if self.exponent < 0 { magnitude / power } else { magnitude * power };
            return if self.negative { -float } else { float };
        }
        let text = format!("{}{}E{}", if self.negative { "-" } else { "" }, self.coefficient, self.exponent);
        // What is written above is a float to Rust's parser; were it none, it would be no number.
        text.parse().unwrap_or(f64::NAN)
    }

    fn magnitude(self) -> Option<u128> {
        let power = POWERS_OF_TEN.get(usize::try_from(self.exponent).ok()?)?;
        self.coefficient.checked_mul(*power)
    }

    pub(crate) fn plain(self) -> Plain {
        if let Some(number) = self.to_u64() {
            return Plain::Unsigned(number);
        }
        if let Some(number) = self.to_i64() {
            return Plain::Signed(number);
        }
        let float = self.to_f64();
        if Number::try_from(float).is_ok_and(|number| number == self) { Plain::Float(float) } else { Plain::Digits }
    }

    /// The power of ten of the first digit.
    fn first_exponent(self) -> i64 {
        count_digits(self.coefficient) + i64::from(self.exponent) - 1
    }

    fn compare_magnitude(self, other: Number) -> Ordering {
        match (self.coefficient, other.coefficient) {
            (0, 0) => return Ordering::Equal,
            (0, _) => return Ordering::Less,
            (_, 0) => return Ordering::Greater,
            (_, _) => {}
        }
        // With the first digits at the same power, the coefficients compare once they are of one length.
        let aligned = |number: Number| {
            number.coefficient * POWERS_OF_TEN[(MAX_DIGITS - count_digits(number.coefficient)) as usize]
        };
        self.first_exponent().cmp(&other.first_exponent()).then_with(|| aligned(self).cmp(&aligned(other)))
    }
}

/// The exponent after `E`; one too great for a number is cut to one that is still too great.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut exponent = 0i64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        // Beyond the length of any text, so that no run of zeros can bring it back into range.
        exponent = (exponent * 10 + i64::from(byte - b'0')).min(1 << 48);
    }
    Some(if negative { -exponent } else { exponent })
}

/// How many digits a coefficient has; 0 for 0.
fn count_digits(coefficient: u128) -> i64 {
    coefficient.checked_ilog10().map_or(0, |last| i64::from(last) + 1)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.coefficient == 0 {
            return f.write_str("0");
        }
        if *self == Number::UNSTORABLE {
            return f.write_str("NaN");
        }
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(self.coefficient);
        if self.negative {
            f.write_str("-")?;
        }
        let first = self.first_exponent();
        match usize::try_from(first) {
            // 1200
            Ok(first) if self.exponent >= 0 && first < 38 => write!(f, "{digits:0<width$}", width = first + 1),
            // 12.34
            Ok(first) if self.exponent < 0 => match digits.split_at_checked(first + 1) {
                Some((integral, fractional)) => write!(f, "{integral}.{fractional}"),
                None => f.write_str(digits),
            },
            // 0.0012
            Err(_) if first >= -7 => {
                let zeros = usize::try_from(-first - 1).unwrap_or(0);
                write!(f, "0.{:0<zeros$}{digits}", "")
            }
            // 1.2E100
            Ok(_) | Err(_) => match digits.split_at_checked(1) {
                Some((integral, "")) => write!(f, "{integral}E{first}"),
                Some((integral, fractional)) => write!(f, "{integral}.{fractional}E{first}"),
                None => f.write_str(digits),
            },
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_magnitude(*other),
            (true, true) => other.compare_magnitude(*self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// # Errors
/// If the text is no decimal number, has more than 38 significant digits, or is out of the service's range.
impl FromStr for Number {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Number::parse(text).map_err(Error::invalid_input)
    }
}

macro_rules! from_integers {
    ($($type:ident)*) => {$(
        impl From<$type> for Number {
            fn from(number: $type) -> Self {
                // No integer of the platform is wider than 64 bits.
                let wide = number as i128;
                Number::from_small(wide.unsigned_abs() as u64, wide < 0)
            }
        }
    )*};
}

from_integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

impl TryFrom<i128> for Number {
    type Error = Error;

    fn try_from(number: i128) -> Result<Self, Error> {
        Number::from_large(number.unsigned_abs(), number < 0).map_err(Error::invalid_input)
    }
}

impl TryFrom<u128> for Number {
    type Error = Error;

    fn try_from(number: u128) -> Result<Self, Error> {
        Number::from_large(number, false).map_err(Error::invalid_input)
    }
}

macro_rules! from_floats {
    ($($type:ident)*) => {$(
        /// The shortest digits that read back as the same float: 0.1 is 0.1.
        impl TryFrom<$type> for Number {
            type Error = Error;

            fn try_from(number: $type) -> Result<Self, Error> {
                if !number.is_finite() {
                    return Err(Error::invalid_input("a number must be finite"));
                }
                zmij::Buffer::new().format_finite(number).parse()
            }
        }
    )*};
}

from_floats! { f32 f64 }
