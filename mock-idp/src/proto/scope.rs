//! Scopes (RFC 6749 section 3.3).

use std::fmt;

/// What was asked for, or granted: words in the order in which they came, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scope(Vec<String>);

impl Scope {
    /// Reads the parameter.
    pub(crate) fn parse(text: &str) -> Self {
        let mut words = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        Self(words)
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.0.iter().any(|known| known == word)
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Those words that pass.
    pub(crate) fn keep(&self, passes: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|word| passes(word)).cloned().collect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn words_keep_their_order_and_come_once() {
        assert_eq!(Scope::parse(" openid  email openid ").to_string(), "openid email");
        assert!(Scope::parse("").words().next().is_none());
        assert!(!Scope::parse("openid2").contains("openid"));
    }
}
