//! Some rows of a decoded row group, and no memory of the others: of a row group with thousands of rows often one is wanted, and
//! an answer may need rows of a thousand row groups. And such rows put together. Owns no rule of which rows these are.

use std::ops::Range;

use bytes::Bytes;
use parquet::data_type::ByteArray;

use crate::columns::{Column, Values};
use crate::file::Group;
use crate::survey::Chosen;

impl Group {
    /// These of its rows alone.
    pub(crate) fn cut(self, chosen: &Chosen) -> Self {
        if *chosen == Chosen::All(self.rows) {
            return self;
        }
        let columns = self.columns.iter().map(|column| match column {
            Column::Unsigned(values) => Column::Unsigned(numbers(values, chosen)),
            Column::Long(values) => Column::Long(numbers(values, chosen)),
            Column::Float(values) => Column::Float(numbers(values, chosen)),
            Column::Double(values) => Column::Double(numbers(values, chosen)),
            Column::Text(values) => Column::Text(texts(values, chosen)),
        });
        Self { rows: chosen.len(), columns: columns.collect() }
    }

    /// These rows, then those of another of the same table.
    pub(crate) fn joined(mut self, other: Self) -> Self {
        fn join<T>(column: &mut Values<T>, mut other: Values<T>) {
            column.values.append(&mut other.values);
            column.there.append(&mut other.there);
        }
        self.rows += other.rows;
        for pair in self.columns.iter_mut().zip(other.columns) {
            match pair {
                (Column::Unsigned(column), Column::Unsigned(other)) => join(column, other),
                (Column::Long(column), Column::Long(other)) => join(column, other),
                (Column::Float(column), Column::Float(other)) => join(column, other),
                (Column::Double(column), Column::Double(other)) => join(column, other),
                (Column::Text(column), Column::Text(other)) => join(column, other),
                _ => unreachable!("a table has columns of the same kinds in all its files"),
            }
        }
        self
    }
}

fn numbers<T: Copy>(column: &Values<T>, chosen: &Chosen) -> Values<T> {
    Values {
        values: chosen.rows().map(|row| column.values[row]).collect(),
        there: chosen.rows().map(|row| column.there[row]).collect(),
    }
}

/// Words are parts of a decoded page, which lives as long as one of them: those that are kept are copied, side by side, and one
/// that comes again and again is copied once.
fn texts(column: &Values<ByteArray>, chosen: &Chosen) -> Values<ByteArray> {
    let mut bytes = Vec::new();
    let mut last: Range<usize> = 0..0;
    let there: Vec<i16> = chosen.rows().map(|row| column.there[row]).collect();
    let places: Vec<Range<usize>> = chosen
        .rows()
        .map(|row| {
            let text = if column.there[row] > 0 { column.values[row].data() } else { &[] };
            if bytes[last.clone()] != *text {
                last = bytes.len()..bytes.len() + text.len();
                bytes.extend_from_slice(text);
            }
            last.clone()
        })
        .collect();
    bytes.shrink_to_fit();
    let bytes = Bytes::from(bytes);
    Values { values: places.into_iter().map(|place| ByteArray::from(bytes.slice(place))).collect(), there }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_that_are_chosen_are_kept_as_they_are_and_nothing_of_the_others() {
        let page = Bytes::from("abbcccdddd".repeat(1_000));
        let mut words = Values::default();
        for place in [Some(0..1), Some(1..3), None, Some(3..6), Some(13..16), Some(6..10)] {
            words.push(place.as_ref().map_or(ByteArray::new(), |place| ByteArray::from(page.slice(place.clone()))));
            words.there.pop();
            words.there.push(i16::from(place.is_some()));
        }
        let numbers = Values { values: vec![0, 10, 20, 30, 40, 50], there: vec![1, 1, 0, 1, 1, 1] };
        let group = Group { rows: 6, columns: vec![Column::Text(words), Column::Unsigned(numbers)] };
        let cut = group.cut(&Chosen::Some(vec![1, 2, 3, 4]));
        assert_eq!(cut.rows, 4);
        assert_eq!(cut.columns[1].unsigneds(), &Values { values: vec![10, 20, 30, 40], there: vec![1, 0, 1, 1] });
        let words = cut.columns[0].texts();
        assert_eq!(words.there, [1, 0, 1, 1]);
        assert_eq!(words.values.iter().map(ByteArray::data).collect::<Vec<_>>(), [&b"bb"[..], b"", b"ccc", b"ccc"]);
        // A page that nobody holds any more can be taken over.
        assert!(page.is_unique(), "the page lives on");
        let of_whole = cut.cut(&Chosen::All(4));
        assert_eq!(of_whole.rows, 4);
    }
}
