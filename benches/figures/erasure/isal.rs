//! Intel's ISA-L, in C, where the build script found it.
#![allow(unsafe_code)]

use cess_erasure::{Codec, Geometry};

/// What the coefficients of a geometry's parity are in ISA-L's form.
pub(super) struct Isal {
    data: usize,
    parity: usize,
    tables: Vec<u8>,
}

#[cfg(isal)]
unsafe extern "C" {
    fn ec_init_tables(k: i32, rows: i32, a: *const u8, gftbls: *mut u8);
    fn ec_encode_data(
        len: i32,
        k: i32,
        rows: i32,
        gftbls: *const u8,
        data: *const *const u8,
        coding: *const *mut u8,
    );
}

impl Isal {
    /// `None` where the build script didn't find the library.
    pub(super) fn new(geometry: Geometry) -> Option<Self> {
        let (data, parity) = (geometry.data(), geometry.parity());
        let mut isal = Self { data, parity, tables: vec![0; 32 * data * parity] };
        isal.prepare(&coefficients(geometry)).then_some(isal)
    }

    #[cfg(not(isal))]
    fn prepare(&mut self, _: &[u8]) -> bool {
        false
    }

    #[cfg(isal)]
    fn prepare(&mut self, coefficients: &[u8]) -> bool {
        let (k, rows) = (count(self.data), count(self.parity));
        assert_eq!(coefficients.len(), self.data * self.parity);
        // SAFETY: `a` has k * rows bytes, and `gftbls` 32 for each of them.
        unsafe { ec_init_tables(k, rows, coefficients.as_ptr(), self.tables.as_mut_ptr()) };
        true
    }

    #[cfg(not(isal))]
    pub(super) fn encode(&self, _: &[Vec<u8>], _: &mut [Vec<u8>]) {
        unreachable!("{} + {}: {} bytes", self.data, self.parity, self.tables.len());
    }

    #[cfg(isal)]
    pub(super) fn encode(&self, data: &[Vec<u8>], parity: &mut [Vec<u8>]) {
        assert_eq!((data.len(), parity.len()), (self.data, self.parity));
        let len = data.first().map_or(0, Vec::len);
        assert!(data.iter().chain(&*parity).all(|shard| shard.len() == len));
        let from: Vec<*const u8> = data.iter().map(Vec::as_ptr).collect::<Vec<_>>();
        let to: Vec<*mut u8> = parity.iter_mut().map(Vec::as_mut_ptr).collect();
        // SAFETY: there are k pointers to read `len` bytes from, and `rows` to write them to.
        unsafe {
            ec_encode_data(
                count(len),
                count(self.data),
                count(self.parity),
                self.tables.as_ptr(),
                from.as_ptr(),
                to.as_ptr(),
            );
        }
    }
}

#[cfg(isal)]
fn count(value: usize) -> i32 {
    i32::try_from(value).expect("sizes of benches are small")
}

/// Rows of coefficients: what a single 1 in each data shard makes of the parity.
fn coefficients(geometry: Geometry) -> Vec<u8> {
    let codec = Codec::new(geometry);
    let columns = (0..geometry.data()).map(|one| {
        let data: Vec<[u8; 1]> = (0..geometry.data()).map(|at| [u8::from(at == one)]).collect();
        let mut parity = vec![[0u8; 1]; geometry.parity()];
        codec.encode(&data, &mut parity).expect("one byte each");
        parity
    });
    let columns: Vec<Vec<[u8; 1]>> = columns.collect();
    (0..geometry.parity())
        .flat_map(|row| columns.iter().map(move |column| column[row][0]))
        .collect()
}
