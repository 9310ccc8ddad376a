//! Parameters of statements, from any values that have a column form.

use jiff::Timestamp;

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Text(Option<String>),
    Integer(Option<i64>),
}

/// Arguments of a statement from any values that have a column form.
macro_rules! arguments {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Argument::from($value)),*] };
}
pub(crate) use arguments;

macro_rules! argument_from {
    ($($kind:ty => $variant:ident, $convert:expr;)*) => {$(
        impl From<$kind> for Argument {
            fn from(value: $kind) -> Self {
                Self::$variant(Some($convert(value)))
            }
        }
        impl From<Option<$kind>> for Argument {
            fn from(value: Option<$kind>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    )*};
}

argument_from! {
    &str => Text, str::to_owned;
    String => Text, String::from;
    i64 => Integer, i64::from;
    u32 => Integer, i64::from;
    u64 => Integer, |number| i64::try_from(number).unwrap_or(i64::MAX);
    Timestamp => Integer, Timestamp::as_microsecond;
}
