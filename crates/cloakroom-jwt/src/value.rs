/// The value of a claim, as [`Verified::get`](crate::Verified::get) finds it (RFC 8259 section 3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Value<'s> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is spelled, of any size and precision.
    Number(&'s str),
    /// A string, unescaped.
    String(&'s str),
    /// An array as it is spelled, with its brackets.
    Array(&'s str),
    /// An object as it is spelled, with its braces. It has no two members of one name.
    Object(&'s str),
}

impl<'s> Value<'s> {
    /// The string, when it is one.
    pub const fn as_str(self) -> Option<&'s str> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// The truth value, when it is one.
    pub const fn as_bool(self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, when it is an integer from 0 to 2^64 - 1 without fraction and exponent.
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Self::Number(number) => number.parse().ok(),
            _ => None,
        }
    }

    /// The number, when it is an integer from -2^63 to 2^63 - 1 without fraction and exponent.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Number(number) => number.parse().ok(),
            _ => None,
        }
    }
}
