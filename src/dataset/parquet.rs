//! Parquet to CSV, so that one reader checks every table. Only flat columns of numbers, words and truth values.

use std::borrow::Cow;

use civitas_engine::{EngineError, MAX_DATASET_TIES};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

/// The bytes that every Parquet file begins with.
const MAGIC: &[u8] = b"PAR1";
/// The most rows of a table: as many as the longest kind may have. The others' bounds are checked row by row.
const MAX_ROWS: usize = MAX_DATASET_TIES;
/// The longest table as text, in bytes: a small file can hold one value a billion times.
const MAX_TEXT_BYTES: usize = 1 << 30;

/// True for a Parquet file.
pub(super) fn is_parquet(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The table of a Parquet file as CSV.
///
/// # Errors
/// [`EngineError::Dataset`] with the row and the column that cannot be read.
pub(super) fn to_csv(file: &str, bytes: Vec<u8>) -> Result<Vec<u8>, EngineError> {
    let fault = |line: usize, problem: String| EngineError::Dataset {
        file: file.to_owned(),
        unit: "row",
        line: line as u64,
        problem,
    };
    let broken = |line| move |error| fault(line, format!("cannot be read as Parquet: {error}"));
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).map_err(broken(0))?;
    let metadata = reader.metadata().file_metadata();
    if usize::try_from(metadata.num_rows()).map_or(true, |rows| rows > MAX_ROWS) {
        return Err(fault(0, format!("there are {} rows; there may be {MAX_ROWS}", metadata.num_rows())));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritten = |line| move |error: csv::Error| fault(line, format!("cannot be read as a table: {error}"));
    let names = metadata.schema_descr().root_schema().get_fields().iter().map(|field| field.name().to_owned());
    writer.write_record(names.collect::<Vec<_>>()).map_err(unwritten(0))?;
    let rows = reader.get_row_iter(None).map_err(broken(0))?;
    let mut bytes = 0;
    for (line, row) in (1..).zip(rows) {
        let row = row.map_err(broken(line))?;
        let cells = cells(&row).map_err(|problem| fault(line, problem))?;
        bytes += cells.iter().map(|cell| cell.len() + 1).sum::<usize>();
        if bytes > MAX_TEXT_BYTES {
            return Err(fault(line, format!("the table is longer than {MAX_TEXT_BYTES} bytes as text")));
        }
        writer.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(unwritten(line))?;
    }
    writer.into_inner().map_err(|error| fault(0, format!("cannot be read as a table: {error}")))
}

/// The values of a row as text.
fn cells(row: &Row) -> Result<Vec<Cow<'_, str>>, String> {
    row.get_column_iter().map(|(name, field)| cell(name, field)).collect()
}

/// A value as text; numbers to the last digit.
fn cell<'r>(name: &str, field: &'r Field) -> Result<Cow<'r, str>, String> {
    Ok(match field {
        Field::Null => "".into(),
        Field::Str(text) => text.as_str().into(),
        Field::Bool(flag) => flag.to_string().into(),
        Field::Byte(number) => number.to_string().into(),
        Field::Short(number) => number.to_string().into(),
        Field::Int(number) => number.to_string().into(),
        Field::Long(number) => number.to_string().into(),
        Field::UByte(number) => number.to_string().into(),
        Field::UShort(number) => number.to_string().into(),
        Field::UInt(number) => number.to_string().into(),
        Field::ULong(number) => number.to_string().into(),
        Field::Float(number) => number.to_string().into(),
        Field::Double(number) => number.to_string().into(),
        other => return Err(format!("{name} must be a number, a word or true or false, not {other}")),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;
    use crate::dataset::{TableFile, Upload};

    /// A file of three columns.
    fn file(names: &[&str], numbers: &[f64], flags: &[bool]) -> Vec<u8> {
        let schema = "message m { required binary region (UTF8); required double opinion; required boolean adopted; }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer =
            SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::builder().build())).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let names: Vec<_> = names.iter().map(|&name| ByteArray::from(name)).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&names, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(numbers, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<BoolType>().write_batch(flags, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn a_parquet_file_is_the_csv_that_it_would_be() {
        let bytes = file(&["A", "a,b"], &[0.1, -1e-300], &[true, false]);
        assert!(is_parquet(&bytes));
        let text = String::from_utf8(to_csv("x", bytes).unwrap()).unwrap();
        let tiny = (-1e-300_f64).to_string();
        assert_eq!(text, format!("region,opinion,adopted\nA,0.1,true\n\"a,b\",{tiny},false\n"));
    }

    #[test]
    fn agents_are_read_from_parquet_and_rows_are_told_by_number() {
        let regions = TableFile::new("regions.csv", "code,population\nA,1\nB,2\n");
        let upload = |names: &[&str], opinions: &[f64], flags: &[bool]| Upload {
            name: "x".to_owned(),
            regions: Some(regions.clone()),
            agents: Some(TableFile::new("agents.parquet", file(names, opinions, flags))),
            ..Upload::default()
        };
        let set = upload(&["B", "A"], &[0.5, 0.25], &[true, false]).read().unwrap();
        assert_eq!((set.agent_count(), set.agent_columns().collect::<Vec<_>>()), (2, vec!["adopted", "opinion"]));
        let said = upload(&["B", "C"], &[0.5, 0.25], &[true, false]).read().unwrap_err().to_string();
        assert!(said.starts_with("agents.parquet row 2: region must be the code of a region"), "{said}");
    }

    #[test]
    fn damage_is_an_error_that_names_the_file() {
        let bytes = file(&["A"], &[0.1], &[true]);
        let said = to_csv("x.parquet", bytes[..bytes.len() - 3].to_vec()).unwrap_err().to_string();
        assert!(said.starts_with("x.parquet row 0: cannot be read as Parquet"), "{said}");
    }
}
