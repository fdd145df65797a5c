use std::io::{self, Cursor, ErrorKind, Read, Write};

use super::super::stream::{open_from, seal_from};
use super::*;

/// Gives a few bytes at a time and is interrupted now and then; reports how much was taken.
struct Trickle<'a> {
    bytes: &'a [u8],
    calls: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls % 5 == 0 {
            return Err(ErrorKind::Interrupted.into());
        }
        let len = out.len().min(1 + self.calls * 37 % 9_000);
        self.bytes.read(&mut out[..len])
    }
}

struct Broken(usize);

impl Read for Broken {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let len = self.0.min(out.len());
        self.0 -= len;
        Ok(len)
    }
}

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 < bytes.len() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_source_that_trickles_gives_the_same_part() {
    for len in [1, 65_519, 65_520, 65_521, 131_040, 200_000] {
        let (part, plain) = (Part::inner(1), data(len));
        let mut streamed = vec![];
        let source = Trickle { bytes: &plain, calls: 0 };
        dem().seal_stream(part, fresh(2), source, &mut streamed).unwrap();
        assert!(streamed == sealed(&dem(), part, 2, &plain));

        let mut opened = vec![];
        let source = Trickle { bytes: &streamed, calls: 0 };
        let read = dem().open_stream(part, fresh(2).salt(), source, &mut opened);
        assert_eq!(read, Ok(len as u64));
        assert!(opened == plain);
    }
}

#[test]
fn an_empty_source_is_an_empty_file_or_refused_before_output() {
    let mut out = vec![];
    assert_eq!(dem().seal_stream(Part::last(0), fresh(2), io::empty(), &mut out), Ok(16));
    assert_eq!(out, sealed(&dem(), Part::last(0), 2, b""));
    for part in [Part::inner(0), Part::last(1)] {
        let mut out = vec![];
        let refused = dem().seal_stream(part, fresh(2), io::empty(), &mut out);
        assert_eq!(refused, Err(Error::EmptyPart { part: part.index }));
        assert!(out.is_empty());
    }
}

#[test]
fn what_a_refused_stream_wrote_is_the_authentic_beginning() {
    let (part, salt, mut sealed) = four_records();
    sealed[2 * RECORD_LEN + 5] ^= 1;
    let mut out = vec![];
    let refused = dem().open_stream(part, salt, &sealed[..], &mut out);
    assert_eq!(refused, Err(Error::Record { index: 2 }));
    assert!(out == data(3 * PAYLOAD_LEN + 100)[..2 * PAYLOAD_LEN]);
}

#[test]
fn failures_of_source_and_sink_are_reported() {
    let io = |kind| Err(Error::Io { kind });
    for len in [0, 100, 65_520, 70_000] {
        let refused = dem().seal_stream(Part::last(0), fresh(2), Broken(len), io::sink());
        assert_eq!(refused, io(ErrorKind::ConnectionReset));
        let refused = dem().open_stream(Part::last(0), fresh(2).salt(), Broken(len), io::sink());
        assert!(matches!(refused, Err(Error::Io { .. } | Error::Record { .. })));
    }
    let refused = dem().seal_stream(Part::last(0), fresh(2), &data(70_000)[..], Broken(65_536));
    assert_eq!(refused, io(ErrorKind::StorageFull));
    let (part, salt, sealed) = four_records();
    let refused = dem().open_stream(part, salt, &sealed[..], Broken(65_520));
    assert_eq!(refused, io(ErrorKind::StorageFull));
}

#[test]
fn the_last_index_is_used_and_no_record_after_it_begun() {
    let (part, cipher) = (Part::last(0), dem().cipher(Part::last(0), fresh(2).salt()));
    let before_last = u64::from(u32::MAX) - 1;
    let too_long = Err(Error::TooLong { records_max: 1 << 32, records: (1 << 32) + 1 });

    let two = data(PAYLOAD_LEN + 1);
    let mut out = vec![];
    assert_eq!(seal_from(&cipher, part, before_last, &two[..], &mut out), Ok(65_553));
    let mut back = vec![];
    assert_eq!(open_from(&cipher, part, before_last, &out[..], &mut back), Ok(65_521));
    assert!(back == two);

    let three = data(2 * PAYLOAD_LEN + 1);
    let mut out = vec![];
    assert_eq!(seal_from(&cipher, part, before_last, &three[..], &mut out), too_long);
    assert_eq!(out.len(), RECORD_LEN);
    out.resize(2 * RECORD_LEN + 17, 0);
    let mut back = vec![];
    assert_eq!(open_from(&cipher, part, before_last, &out[..], &mut back), too_long);
    assert_eq!(back.len(), PAYLOAD_LEN);
}

#[test]
fn random_access_over_a_source_reads_any_bytes() {
    let (part, salt, sealed) = four_records();
    let plain = data(3 * PAYLOAD_LEN + 100);
    let mut reader = dem().seek_reader(part, salt, Cursor::new(&sealed)).unwrap();
    assert_eq!(reader.plain_len(), plain.len() as u64);
    let edge = PAYLOAD_LEN;
    for (start, end) in
        [(0, 0), (0, 1), (edge - 1, edge + 1), (edge, 2 * edge), (5, 3 * edge + 100), (0, 3 * edge)]
    {
        let mut out = vec![0; end - start];
        reader.read_at(start as u64, &mut out).unwrap();
        assert!(out == plain[start..end]);
    }
}

#[test]
fn random_access_refuses_what_is_beyond_the_end_or_altered() {
    let (part, salt, mut sealed) = four_records();
    let plain_len = 3 * 65_520 + 100;
    let mut reader = dem().seek_reader(part, salt, Cursor::new(sealed.clone())).unwrap();
    let refused = reader.read_at(plain_len - 1, &mut [0; 2]);
    assert_eq!(refused, Err(Error::Range { start: plain_len - 1, end: plain_len + 1, plain_len }));
    assert!(matches!(reader.read_at(u64::MAX, &mut [0; 2]), Err(Error::Range { .. })));

    sealed[RECORD_LEN] ^= 1;
    let mut reader = dem().seek_reader(part, salt, Cursor::new(sealed)).unwrap();
    assert_eq!(reader.read_at(0, &mut [0; PAYLOAD_LEN]), Ok(()));
    let refused = reader.read_at(65_519, &mut [0; 2]);
    assert_eq!(refused, Err(Error::Record { index: 1 }));
}

#[test]
fn random_access_over_a_cut_off_file_is_refused_before_the_first_range() {
    let (part, salt, sealed) = four_records();
    for len in [0, 10, 65_536, 131_072, 196_608, 196_650, sealed.len() - 1] {
        let refused = dem().seek_reader(part, salt, Cursor::new(&sealed[..len])).map(|_| ());
        assert!(matches!(refused, Err(Error::Record { .. } | Error::SealedLen { .. })));
    }
}
