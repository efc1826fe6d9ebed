//! Rows under headings, as kubectl prints them.

/// Columns as wide as their widest cell, three spaces between them, no space at the end of a line. What would move the cursor is escaped.
pub(crate) fn table<const N: usize>(rows: &[[&str; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.map(plain)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("   ").trim_end().to_owned()
    };
    rows.iter().map(|row| line(row) + "\n").collect()
}

/// Text from elsewhere, safe for a terminal; letters of any language stay.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["NAME", "VALUE", "WHOLE"], ["Zürich", "true", "x"], ["a", "\u{1b}[2J", ""]];
        let wanted = "NAME     VALUE       WHOLE\nZürich   true        x\na        \\u{1b}[2J\n";
        assert_eq!(table(&rows), wanted);
        assert_eq!(table::<2>(&[]), "");
    }
}
