//! A mock identity provider.
