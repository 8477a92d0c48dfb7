//! Breaks text into lines by the rules of Chinese typesetting: between any two Chinese characters, but not before closing and not
//! after opening punctuation; other words stay whole.

use super::font::Font;

/// Characters that do not begin a line.
const NOT_FIRST: &str = "，。：；？！、）」』】》”’％%,.;:?!)]}·…";
/// Characters that do not end a line.
const NOT_LAST: &str = "（「『【《“‘([{";

/// Breaks a text into lines of at most `width` points.
pub(super) fn lines(font: &Font<'_>, text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for piece in pieces(text) {
        if piece == "\n" {
            lines.push(String::new());
            used = 0.0;
            continue;
        }
        let length = font.width(&piece, size);
        if used + length > width && used > 0.0 {
            lines.push(String::new());
            used = 0.0;
            if piece.trim().is_empty() {
                continue;
            }
        }
        if length <= width {
            push(&mut lines, &piece);
            used += length;
            continue;
        }
        // A word that is wider than the line breaks anywhere.
        for letter in piece.chars() {
            let letter = letter.to_string();
            let length = font.width(&letter, size);
            if used + length > width && used > 0.0 {
                lines.push(String::new());
                used = 0.0;
            }
            push(&mut lines, &letter);
            used += length;
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn push(lines: &mut [String], piece: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(piece);
    }
}

/// Splits a text into parts that stay whole.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = None;
    for letter in text.chars() {
        let joins = match before {
            None | Some('\n') => false,
            _ if letter == '\n' => false,
            _ if NOT_FIRST.contains(letter) => true,
            Some(before) if NOT_LAST.contains(before) => true,
            Some(before) => !letter.is_whitespace() && !before.is_whitespace() && !is_wide(letter) && !is_wide(before),
        };
        match pieces.last_mut().filter(|_| joins) {
            Some(piece) => piece.push(letter),
            None => pieces.push(letter.to_string()),
        }
        before = Some(letter);
    }
    pieces
}

/// Whether a line may break on both sides of a character: Chinese characters, kana and full-width forms.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
        || letter >= '\u{20000}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_stays_with_its_word() {
        assert_eq!(pieces("本月（含）11,820 人。"), ["本", "月", "（含）", "11,820", " ", "人。"]);
        assert_eq!(pieces("no-show rate"), ["no-show", " ", "rate"]);
    }
}
