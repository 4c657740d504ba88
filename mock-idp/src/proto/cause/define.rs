//! The macro behind the table of causes, and what data a cause may hold.

use crate::proto::cause::ChainEnd;
use crate::proto::template::Context;
use crate::proto::time::Timestamp;
use crate::proto::token::{ChainId, Label};

/// Data of a cause.
pub(in crate::proto) trait Datum {
    /// Puts it into the context of templates under its field's name. What profiles have no use for stays out.
    fn put(&self, name: &'static str, context: Context) -> Context;

    /// The code or token that it names.
    fn label(&self) -> Option<Label> {
        None
    }
}

macro_rules! texts {
    ($($kind:ty),*) => { $(
        impl Datum for $kind {
            fn put(&self, name: &'static str, context: Context) -> Context {
                let text: &str = self;
                context.with(name, text)
            }
        }
    )* };
}

texts!(String, Box<str>, &'static str);

impl Datum for u64 {
    fn put(&self, name: &'static str, context: Context) -> Context {
        context.with(name, *self)
    }
}

impl Datum for Timestamp {
    fn put(&self, name: &'static str, context: Context) -> Context {
        context.at(name, *self)
    }
}

impl Datum for Option<Timestamp> {
    fn put(&self, name: &'static str, context: Context) -> Context {
        self.iter().fold(context, |context, moment| context.at(name, *moment))
    }
}

impl Datum for Label {
    fn put(&self, _: &'static str, context: Context) -> Context {
        context
    }

    fn label(&self) -> Option<Label> {
        Some(*self)
    }
}

impl Datum for ChainId {
    fn put(&self, _: &'static str, context: Context) -> Context {
        context
    }
}

impl Datum for ChainEnd {
    fn put(&self, _: &'static str, context: Context) -> Context {
        context
    }
}

/// Several data of one cause, by name, apart from it so that a cause stays small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// These data.
    pub(crate) fn new<const N: usize>(facts: [(&'static str, &str); N]) -> Box<Self> {
        Box::new(Self(facts.into_iter().map(|(name, value)| (name, value.to_owned())).collect()))
    }

    /// The datum of that name; nothing when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

impl Datum for Box<Facts> {
    fn put(&self, _: &'static str, context: Context) -> Context {
        self.0.iter().fold(context, |context, (name, value)| context.with(*name, value.clone()))
    }
}

/// Makes an enum of causes, and that of their kinds, from one table.
macro_rules! causes {
    ($(#[$what:meta])* $cause:ident, $(#[$kinds:meta])* $cause_kind:ident; $(
        $(#[$doc:meta])*
        $kind:ident = $name:literal $({ $( $(#[$about:meta])* $field:ident: $type:ty ),* $(,)? })?
    ),* $(,)?) => {
        $(#[$what])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $cause {
            $( $(#[$doc])* $kind $({ $( $(#[$about])* $field: $type ),* })? ),*
        }

        $(#[$kinds])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "profiles", derive(serde::Serialize, schemars::JsonSchema))]
        #[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
        pub enum $cause_kind {
            $( $(#[$doc])* $kind ),*
        }

        impl $cause_kind {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its name in snake case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$kind => $name ),* }
            }
        }

        impl $cause {
            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> $cause_kind {
                match self { $( Self::$kind { .. } => $cause_kind::$kind ),* }
            }

            /// The label of the code or token that was presented, if it was known: the first that the cause names.
            #[must_use]
            pub fn presented(&self) -> Option<Label> {
                match self {
                    $( Self::$kind $({ $($field),* })? => {
                        let labels: &[Option<Label>] = &[$($( crate::proto::cause::define::Datum::label($field) ),*)?];
                        labels.iter().copied().flatten().next()
                    } ),*
                }
            }

            /// The data for templates, under the names of the fields.
            pub(crate) fn context(&self) -> crate::proto::template::Context {
                let context = crate::proto::template::Context::default();
                match self {
                    $( Self::$kind $({ $($field),* })? => {
                        $( $( let context = crate::proto::cause::define::Datum::put($field, stringify!($field), context); )* )?
                        context
                    } ),*
                }
            }
        }
    };
}

pub(in crate::proto) use causes;
