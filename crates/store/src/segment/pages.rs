//! Values in pages of at most 1,024 rows: numbers by pco, texts by zstd, each page with its
//! checksum, so that a zoom reads what it shows and nothing else.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use pco::data_types::Number;
use pco::wrapped::{ChunkDecompressor, FileCompressor, FileDecompressor};
use pco::{ChunkConfig, PagingSpec};

use crate::codec::{Bytes, Decoded, put_varint};
use crate::{Error, Result};

pub const PAGE_ROWS: usize = 1024;
const PCO_LEVEL: usize = 8;
const ZSTD_LEVEL: i32 = 3;
/// No page has more values, whatever a file claims.
const MAX_PAGE_VALUES: u64 = 1 << 20;
/// No page of texts unpacks to more, whatever a file claims.
const MAX_TEXT_BYTES: u64 = 1 << 30;

/// Where a segment's bytes come from: a file, or memory in tests.
pub trait Source: Send + Sync {
    fn length(&self) -> io::Result<u64>;
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl Source for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }

    #[cfg(not(unix))]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        // A handle of its own, since seeking moves the place for everyone who shares one.
        let mut file = self.try_clone()?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

impl Source for Vec<u8> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(buffer.len());
        let bytes = self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

/// A source with its name and its checked length.
pub struct Input {
    pub source: Box<dyn Source>,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Input {
    pub fn new(source: Box<dyn Source>, path: PathBuf) -> Result<Self> {
        let bytes = source
            .length()
            .map_err(|problem| Error::io("reading", &path, problem))?;
        Ok(Self {
            source,
            path,
            bytes,
        })
    }

    pub fn damaged(&self, offset: u64, problem: impl Into<String>) -> Error {
        Error::damaged(&self.path, offset, problem)
    }

    pub fn read(&self, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        if offset.checked_add(bytes).is_none_or(|end| end > self.bytes) {
            return Err(self.damaged(offset, "a part lies beyond the end of the file"));
        }
        let mut buffer = vec![0; bytes as usize];
        self.source
            .read_at(offset, &mut buffer)
            .map_err(|problem| Error::io("reading", &self.path, problem))?;
        Ok(buffer)
    }

    pub fn read_part(&self, part: &Part) -> Result<Vec<u8>> {
        let bytes = self.read(part.offset, u64::from(part.bytes))?;
        if crc32c::crc32c(&bytes) != part.crc {
            return Err(self.damaged(part.offset, "a page's checksum does not fit"));
        }
        Ok(bytes)
    }
}

/// Some bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub offset: u64,
    pub bytes: u32,
    pub crc: u32,
    /// How many values they hold.
    pub values: u32,
    /// Of a page of texts: how many bytes it unpacks to.
    pub raw_bytes: u64,
}

impl Part {
    pub fn append(out: &mut Vec<u8>, bytes: &[u8], values: usize, raw: usize) -> Result<Self> {
        let length = u32::try_from(bytes.len())
            .map_err(|_| Error::Input("a page of a segment has more than 4 GiB".into()))?;
        let offset = out.len() as u64;
        out.extend_from_slice(bytes);
        Ok(Self {
            offset,
            bytes: length,
            crc: crc32c::crc32c(bytes),
            values: values as u32,
            raw_bytes: raw as u64,
        })
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.offset);
        put_varint(out, u64::from(self.bytes));
        out.extend_from_slice(&self.crc.to_le_bytes());
        put_varint(out, u64::from(self.values));
        put_varint(out, self.raw_bytes);
    }

    pub fn read(bytes: &mut Bytes<'_>) -> Decoded<Self> {
        let part = Self {
            offset: bytes.varint()?,
            bytes: u32::try_from(bytes.varint()?).map_err(|_| "a page is too long")?,
            crc: bytes.u32()?,
            values: match bytes.varint()? {
                values @ ..=MAX_PAGE_VALUES => values as u32,
                _ => return Err("a page claims too many values"),
            },
            raw_bytes: bytes.varint()?,
        };
        if part.raw_bytes > MAX_TEXT_BYTES {
            return Err("a page claims to unpack to more than 1 GiB");
        }
        Ok(part)
    }
}

pub fn put_parts(out: &mut Vec<u8>, parts: &[Part]) {
    put_varint(out, parts.len() as u64);
    for part in parts {
        part.put(out);
    }
}

pub fn read_parts(bytes: &mut Bytes<'_>) -> Decoded<Vec<Part>> {
    let count = bytes.count(8)?;
    (0..count).map(|_| Part::read(bytes)).collect()
}

/// Pages of numbers that share what pco learnt about all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberBlock {
    pub meta: Part,
    pub pages: Vec<Part>,
}

impl NumberBlock {
    /// Writes `values` in pages of the given lengths, of which none is 0.
    pub fn write<T: Number>(out: &mut Vec<u8>, values: &[T], lengths: &[usize]) -> Result<Self> {
        let failed = |problem: pco::errors::PcoError| Error::Input(format!("packing: {problem}"));
        let config = ChunkConfig::default()
            .with_compression_level(PCO_LEVEL)
            .with_paging_spec(PagingSpec::Exact(lengths.to_vec()));
        let file = FileCompressor::default();
        let mut meta = Vec::new();
        file.write_header(&mut meta).map_err(failed)?;
        let mut chunk = file.chunk_compressor(values, &config).map_err(failed)?;
        chunk.write_meta(&mut meta).map_err(failed)?;
        let meta = Part::append(out, &meta, 0, 0)?;
        let mut pages = Vec::with_capacity(lengths.len());
        let mut page = Vec::new();
        for (index, length) in lengths.iter().enumerate() {
            page.clear();
            chunk.write_page(index, &mut page).map_err(failed)?;
            pages.push(Part::append(out, &page, *length, 0)?);
        }
        Ok(Self { meta, pages })
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        self.meta.put(out);
        put_parts(out, &self.pages);
    }

    pub fn read(bytes: &mut Bytes<'_>) -> Decoded<Self> {
        Ok(Self {
            meta: Part::read(bytes)?,
            pages: read_parts(bytes)?,
        })
    }

    pub fn open<'a, T: Number>(&'a self, input: &'a Input) -> Result<NumberPages<'a, T>> {
        let failed = |problem: pco::errors::PcoError| {
            input.damaged(self.meta.offset, format!("unpacking: {problem}"))
        };
        let meta = input.read_part(&self.meta)?;
        let (file, rest) = FileDecompressor::new(meta.as_slice()).map_err(failed)?;
        let (chunk, _) = file.chunk_decompressor::<T, _>(rest).map_err(failed)?;
        Ok(NumberPages {
            input,
            block: self,
            chunk,
        })
    }
}

pub struct NumberPages<'a, T: Number> {
    input: &'a Input,
    block: &'a NumberBlock,
    chunk: ChunkDecompressor<T>,
}

impl<T: Number + Default> NumberPages<'_, T> {
    pub fn page(&mut self, index: usize) -> Result<Vec<T>> {
        let Some(part) = self.block.pages.get(index) else {
            return Err(self.input.damaged(0, "a page is missing"));
        };
        let input = self.input;
        let failed = |problem: pco::errors::PcoError| {
            input.damaged(part.offset, format!("unpacking: {problem}"))
        };
        let bytes = input.read_part(part)?;
        let count = part.values as usize;
        let mut values = vec![T::default(); count];
        let mut page = self
            .chunk
            .page_decompressor(bytes.as_slice(), count)
            .map_err(failed)?;
        page.read(&mut values).map_err(failed)?;
        Ok(values)
    }
}

/// Texts one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    pub text: String,
    pub ends: Vec<u32>,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 {
            0
        } else {
            self.ends[index - 1] as usize
        };
        &self.text[start..self.ends[index] as usize]
    }
}

/// Writes texts in pages of at most `PAGE_ROWS`.
pub fn write_texts(out: &mut Vec<u8>, texts: &Texts) -> Result<Vec<Part>> {
    let mut pages = Vec::new();
    let mut raw = Vec::new();
    for first in (0..texts.len()).step_by(PAGE_ROWS) {
        let range = first..texts.len().min(first + PAGE_ROWS);
        raw.clear();
        for index in range.clone() {
            put_varint(&mut raw, texts.get(index).len() as u64);
        }
        for index in range.clone() {
            raw.extend_from_slice(texts.get(index).as_bytes());
        }
        let packed = pack(&raw)?;
        pages.push(Part::append(out, &packed, range.len(), raw.len())?);
    }
    Ok(pages)
}

pub fn read_texts(input: &Input, part: &Part) -> Result<Texts> {
    let raw = unpack(input, part)?;
    let damaged = |problem: &str| input.damaged(part.offset, problem);
    let mut bytes = Bytes::new(&raw);
    let mut texts = Texts::default();
    let mut end = 0u64;
    for _ in 0..part.values {
        end = end.saturating_add(bytes.varint().map_err(damaged)?);
        let end = u32::try_from(end).map_err(|_| damaged("a text is too long"))?;
        texts.ends.push(end);
    }
    let rest = bytes.take(bytes.remaining()).map_err(damaged)?;
    let text = std::str::from_utf8(rest).map_err(|_| damaged("a text is not UTF-8"))?;
    let all_fit = texts
        .ends
        .iter()
        .all(|end| text.is_char_boundary(*end as usize));
    if end != text.len() as u64 || !all_fit {
        return Err(damaged("the lengths of texts do not fit them"));
    }
    texts.text = text.to_owned();
    Ok(texts)
}

pub fn pack(raw: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(raw, ZSTD_LEVEL)
        .map_err(|problem| Error::Input(format!("packing: {problem}")))
}

pub fn unpack(input: &Input, part: &Part) -> Result<Vec<u8>> {
    let packed = input.read_part(part)?;
    // The capacity is a limit: a page that unpacks to more is an error.
    let raw = zstd::bulk::decompress(&packed, part.raw_bytes as usize)
        .map_err(|problem| input.damaged(part.offset, format!("unpacking: {problem}")))?;
    if raw.len() as u64 != part.raw_bytes {
        return Err(input.damaged(part.offset, "a page unpacks to another length"));
    }
    Ok(raw)
}

/// Lengths of pages for `count` values.
pub fn page_lengths(count: usize) -> Vec<usize> {
    let mut lengths = vec![PAGE_ROWS; count / PAGE_ROWS];
    if !count.is_multiple_of(PAGE_ROWS) {
        lengths.push(count % PAGE_ROWS);
    }
    lengths
}
