use alloc::vec::Vec;

use crate::backend::{Batch, G1, G1_BYTES, G1Affine, msm_short};
use crate::error::{Error, What};

/// Tags as points; `first` is the place of the first of them for the error.
pub(crate) fn decode_tags(tags: &[[u8; G1_BYTES]], first: usize) -> Result<Vec<G1Affine>, Error> {
    let what = What::Tag;
    let mut points = Vec::with_capacity(tags.len());
    for (index, found) in (first..).zip(Batch::best().decode(tags)) {
        let point = found.map_err(|error| Error::point(what, index, error))?;
        if point.is_identity() {
            return Err(Error::Identity { what, index: index as u64 });
        }
        points.push(point);
    }
    Ok(points)
}

/// Tags that are decoded before one multi-scalar multiplication.
const CHUNK: usize = 2048;

/// `sum w_i * sigma_i` over any number of tags in bounded memory. They are decoded many at once,
/// so a bad one is reported when its turn comes. Vartime: public data only.
pub(crate) struct TagSum {
    tags: Vec<[u8; G1_BYTES]>,
    weights: Vec<u128>,
    /// The place of the first tag that isn't decoded yet.
    first: usize,
    sum: G1,
}

impl TagSum {
    /// `first` is the place of the first tag for errors.
    pub(crate) fn new(first: usize) -> Self {
        Self { tags: Vec::new(), weights: Vec::new(), first, sum: G1::IDENTITY }
    }

    pub(crate) fn add(&mut self, tag: &[u8; G1_BYTES], weight: u128) -> Result<(), Error> {
        self.tags.push(*tag);
        self.weights.push(weight);
        if self.tags.len() == CHUNK { self.flush() } else { Ok(()) }
    }

    pub(crate) fn finish(mut self) -> Result<G1, Error> {
        self.flush()?;
        Ok(self.sum)
    }

    fn flush(&mut self) -> Result<(), Error> {
        let points = decode_tags(&self.tags, self.first)?;
        self.sum = self.sum.add(&msm_short(&points, &self.weights));
        self.first += points.len();
        self.tags.clear();
        self.weights.clear();
        Ok(())
    }
}
