//! The provider under the harness: the only module that knows `mock-idp`.
