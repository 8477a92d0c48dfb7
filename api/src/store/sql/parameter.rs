//! Values bound to the placeholders of a statement.

use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

/// A value of a statement. Lists are JSON texts in SQLite and arrays in PostgreSQL; bytes in a list are hexadecimal in SQLite.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parameter {
    Integer(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Integers(Vec<i64>),
    Texts(Vec<String>),
    ByteStrings(Vec<Vec<u8>>),
}

impl Parameter {
    pub(super) fn add_to_sqlite(self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Integer(value) => arguments.add(value),
            Self::Real(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
            Self::Integers(list) => arguments.add(serde_json::to_string(&list)?),
            Self::Texts(list) => arguments.add(serde_json::to_string(&list)?),
            Self::ByteStrings(list) => {
                let list: Vec<String> = list.iter().map(hex::encode).collect();
                arguments.add(serde_json::to_string(&list)?)
            }
        }
    }

    pub(super) fn add_to_postgres(self, arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Integer(value) => arguments.add(value),
            Self::Real(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value.map(without_nul)),
            Self::Bytes(value) => arguments.add(value),
            Self::Integers(list) => arguments.add(list),
            Self::Texts(list) => arguments.add(list.into_iter().map(without_nul).collect::<Vec<_>>()),
            Self::ByteStrings(list) => arguments.add(list),
        }
    }
}

/// PostgreSQL stores no zero characters in texts. They come only from callers who try what happens, for example as a name at
/// the sign-in.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A type that can be bound.
pub(crate) trait ToParameter: Sized {
    /// The missing value of this type.
    const NULL: Parameter;

    fn parameter(self) -> Parameter;
}

impl<T: ToParameter> ToParameter for Option<T> {
    const NULL: Parameter = T::NULL;

    fn parameter(self) -> Parameter {
        self.map_or(Self::NULL, T::parameter)
    }
}

/// Implements [`ToParameter`] by a conversion into the type of a variant.
macro_rules! bind_as {
    ($variant:ident: $($type:ty => $convert:expr),+ $(,)?) => {$(
        impl ToParameter for $type {
            const NULL: Parameter = Parameter::$variant(None);

            fn parameter(self) -> Parameter {
                Parameter::$variant($convert(self))
            }
        }
    )+};
}

bind_as!(Integer: i64 => Some, u32 => |value| Some(i64::from(value)), bool => |value| Some(i64::from(value)));
bind_as!(Real: f64 => Some);
bind_as!(Text: String => Some, &str => |text: &str| Some(text.to_owned()), &String => |text: &String| Some(text.clone()),
    &&str => |text: &&str| Some((*text).to_owned()), &Option<String> => Clone::clone);
bind_as!(Bytes: Vec<u8> => Some, &[u8] => |bytes: &[u8]| Some(bytes.to_vec()), &Vec<u8> => |bytes: &Vec<u8>| Some(bytes.clone()),
    &[u8; 32] => |bytes: &[u8; 32]| Some(bytes.to_vec()));

/// A list is never missing, so that it has no [`ToParameter::NULL`] and is bound as it is.
impl ToParameter for Parameter {
    const NULL: Parameter = Parameter::Text(None);

    fn parameter(self) -> Parameter {
        self
    }
}
