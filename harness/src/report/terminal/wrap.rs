//! Wrapping prose.

use crate::snapshot::visible;

/// `text` as lines of at most `columns` characters, each indented by `indent` blanks. Words are never broken, and line
/// breaks of the text are kept. Control characters are made visible.
pub(super) fn wrap(text: &str, indent: usize, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.trim_end().lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace().map(visible) {
            let needed = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && indent + needed > columns {
                lines.push(format!("{:indent$}{line}", ""));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(format!("{:indent$}{line}", ""));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn words_go_to_the_next_line_from_the_first_column_too_many() {
        assert_eq!(wrap("aaa bbb", 2, 9), ["  aaa bbb"]);
        assert_eq!(wrap("aaa bbb", 2, 8), ["  aaa", "  bbb"]);
        assert_eq!(wrap("aaaaaaaaaa b", 0, 4), ["aaaaaaaaaa", "b"]);
        assert_eq!(wrap("a\n\nb\n", 1, 10), [" a", " ", " b"]);
        assert_eq!(wrap("", 2, 10), Vec::<String>::new());
        assert_eq!(wrap("a\u{1b}[2J", 0, 10), ["a\\u{1b}[2J"]);
    }
}
