//! Reads a file of rows as other systems write them: its encoding, what separates its cells, its headings. Whole rows, one after
//! the other, so that a file of any size fits. It knows nothing of consent and writes nothing.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use csv_core::ReadRecordResult;
use data_encoding::HEXLOWER;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use sha2::{Digest, Sha256};

/// A row that is longer, in bytes, is one whose quotes do not end.
const LONGEST_ROW: usize = 1024 * 1024;
/// More columns are a mistake.
const MOST_COLUMNS: usize = 1000;
/// What a workbook begins with: it is a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// Why a file cannot be read, in words for the person who chose it.
#[derive(Debug, thiserror::Error)]
pub enum ImportFileError {
    /// The file system says no.
    #[error("The file can't be read: {0}")]
    Io(#[from] io::Error),
    /// It is a workbook.
    #[error("This is a workbook, not a CSV file. Save the sheet as CSV (UTF-8), and import that file.")]
    Workbook,
    /// Bytes that no text has.
    #[error("This is no text file. Save the list as CSV (UTF-8), and import that file.")]
    NoText,
    /// There is nothing in it.
    #[error("The file has no rows below its headings. Choose another file.")]
    Empty,
    /// A quotation mark is opened and not closed.
    #[error(
        "The row that begins in line {line} is too long: a quotation mark is missing in it. Close it, and import the file again."
    )]
    RowTooLong {
        /// Where the row begins.
        line: u64,
    },
    /// It has too many columns.
    #[error("Line {line} has more than 1,000 cells. Check what separates the cells.")]
    TooManyColumns {
        /// Where.
        line: u64,
    },
    /// The library that reads rows says no.
    #[error("The file can't be read as CSV: {0}")]
    Rows(#[from] csv::Error),
}

/// A file that was looked through once.
#[derive(Clone, Debug)]
pub struct ImportFile {
    path: PathBuf,
    /// Its name, without folders.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The headings, as they stand.
    pub headings: Vec<String>,
    /// How many rows follow them.
    pub rows: u64,
    encoding: &'static Encoding,
    delimiter: u8,
}

/// A row of a file.
#[derive(Clone, Debug)]
pub struct FileRow {
    /// The line in which it begins, counted from 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

impl FileRow {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

impl ImportFile {
    /// Looks through a file: bytes, encoding, delimiter, headings, and that each row ends.
    ///
    /// # Errors
    /// In words for the person who chose it.
    pub fn open(path: &Path) -> Result<ImportFile, ImportFileError> {
        let (sha256, encoding) = look_through(File::open(path)?)?;
        let mut file = ImportFile {
            path: path.to_owned(),
            name: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            sha256,
            headings: Vec::new(),
            rows: 0,
            encoding,
            delimiter: b',',
        };
        file.delimiter = delimiter(file.text()?)?;
        check_rows(file.text()?, file.delimiter)?;
        let mut rows = file.all_rows()?;
        file.headings = rows.next().transpose()?.ok_or(ImportFileError::Empty)?.cells;
        for row in rows {
            row?;
            file.rows += 1;
        }
        if file.rows == 0 { Err(ImportFileError::Empty) } else { Ok(file) }
    }

    /// True while the file has the content that was looked through.
    ///
    /// # Errors
    /// In words for the person who chose it.
    pub fn is_unchanged(&self) -> Result<bool, ImportFileError> {
        Ok(look_through(File::open(&self.path)?)?.0 == self.sha256)
    }

    /// The rows below the headings, without the empty ones.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn rows(&self) -> Result<impl Iterator<Item = Result<FileRow, ImportFileError>>, ImportFileError> {
        Ok(self.all_rows()?.skip(1))
    }

    fn all_rows(
        &self,
    ) -> Result<impl Iterator<Item = Result<FileRow, ImportFileError>> + use<>, ImportFileError> {
        let reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text()?);
        let row = |record: csv::Result<csv::StringRecord>| {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            Ok(FileRow { line, cells: record.iter().map(str::to_owned).collect() })
        };
        let rows = reader.into_records().map(row);
        Ok(rows.filter(|row: &Result<FileRow, ImportFileError>| !row.as_ref().is_ok_and(FileRow::is_empty)))
    }

    /// The file as UTF-8, without a byte order mark.
    fn text(&self) -> io::Result<DecodeReaderBytes<BufReader<File>, Vec<u8>>> {
        let file = BufReader::new(File::open(&self.path)?);
        let mut builder = DecodeReaderBytesBuilder::new();
        Ok(builder.encoding(Some(self.encoding)).bom_override(true).strip_bom(true).build(file))
    }
}

/// The file's SHA-256 and its encoding: by its mark, else UTF-8 where all of it is that, else what Windows writes.
fn look_through(mut file: File) -> Result<(String, &'static Encoding), ImportFileError> {
    let mut start = [0; 4];
    let read = file.read(&mut start)?;
    let start = start.get(..read).unwrap_or_default();
    if start == ZIP {
        return Err(ImportFileError::Workbook);
    }
    let marked = Encoding::for_bom(start).map(|(encoding, _)| encoding);
    file.rewind()?;
    let (mut hash, mut decoder) = (Sha256::new(), UTF_8.new_decoder_without_bom_handling());
    let (mut bytes, mut text) = (vec![0; 64 * 1024], String::with_capacity(256 * 1024));
    let (mut is_utf8, mut has_nul) = (true, false);
    loop {
        let read = file.read(&mut bytes)?;
        let chunk = bytes.get(..read).unwrap_or_default();
        hash.update(chunk);
        has_nul |= chunk.contains(&0);
        text.clear();
        let (_, _, had_errors) = decoder.decode_to_string(chunk, &mut text, read == 0);
        is_utf8 &= !had_errors;
        if read == 0 {
            break;
        }
    }
    let encoding = match marked {
        Some(encoding) => encoding,
        None if has_nul => return Err(ImportFileError::NoText),
        None if is_utf8 => UTF_8,
        None => WINDOWS_1252,
    };
    Ok((HEXLOWER.encode(&hash.finalize()), encoding))
}

/// What separates the cells of the first line.
fn delimiter(text: impl Read) -> io::Result<u8> {
    let mut start = Vec::new();
    text.take(64 * 1024).read_to_end(&mut start)?;
    let count = |delimiter: u8| {
        let (mut found, mut is_quoted) = (0, false);
        for byte in start.iter().skip_while(|byte| byte.is_ascii_whitespace()) {
            match byte {
                b'"' => is_quoted = !is_quoted,
                b'\n' | b'\r' if !is_quoted => break,
                byte if *byte == delimiter && !is_quoted => found += 1,
                _ => {}
            }
        }
        found
    };
    let known = [b',', b';', b'\t'];
    Ok(known.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b','))
}

/// That each row ends before it fills the memory.
fn check_rows(mut text: impl Read, delimiter: u8) -> Result<(), ImportFileError> {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let (mut input, mut row, mut ends) = (vec![0; 64 * 1024], vec![0; LONGEST_ROW], vec![0; MOST_COLUMNS]);
    let mut line = 1;
    let (mut used, mut cells) = (0, 0);
    loop {
        let read = text.read(&mut input)?;
        let mut rest = input.get(..read).unwrap_or_default();
        loop {
            let (out, out_ends) = (row.get_mut(used..), ends.get_mut(cells..));
            let (result, taken, written, ended) =
                reader.read_record(rest, out.unwrap_or_default(), out_ends.unwrap_or_default());
            rest = rest.get(taken..).unwrap_or_default();
            (used, cells) = (used + written, cells + ended);
            match result {
                ReadRecordResult::InputEmpty => break,
                ReadRecordResult::OutputFull => return Err(ImportFileError::RowTooLong { line }),
                ReadRecordResult::OutputEndsFull => return Err(ImportFileError::TooManyColumns { line }),
                ReadRecordResult::Record => (line, used, cells) = (reader.line(), 0, 0),
                ReadRecordResult::End => return Ok(()),
            }
        }
    }
}
