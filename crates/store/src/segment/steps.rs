//! The steps of a segment, page by page.

use std::ops::RangeInclusive;

use crate::Result;
use crate::segment::Segment;
use crate::segment::pages::{NumberPages, PAGE_ROWS};

/// Steps page by page, without reading where they are evenly spaced.
pub struct StepPages<'a> {
    segment: &'a Segment,
    uneven: Option<NumberPages<'a, i64>>,
    /// Of each page, how many uneven ones come before it.
    places: Vec<usize>,
    loaded: Option<(usize, Vec<i64>)>,
}

impl<'a> StepPages<'a> {
    pub fn open(segment: &'a Segment) -> Result<Self> {
        let steps = &segment.footer.steps;
        let uneven = match &steps.uneven {
            Some(block) => Some(block.open(&segment.input)?),
            None => None,
        };
        let mut count = 0;
        let places = steps.pages.iter().map(|(_, stride)| {
            count += usize::from(stride.is_none());
            count - usize::from(stride.is_none())
        });
        Ok(Self {
            segment,
            uneven,
            places: places.collect(),
            loaded: None,
        })
    }

    fn rows_of(&self, page: usize) -> usize {
        PAGE_ROWS.min(self.segment.footer.rows as usize - page * PAGE_ROWS)
    }

    /// Whether a page may have a step of the range; a page that has to be read may.
    pub fn may_overlap(&self, page: usize, steps: &RangeInclusive<i64>) -> bool {
        let Some((first, Some(stride))) = self.segment.footer.steps.pages.get(page).copied() else {
            return true;
        };
        let last = first.wrapping_add(stride.wrapping_mul(self.rows_of(page) as i64 - 1));
        first.min(last) <= *steps.end() && first.max(last) >= *steps.start()
    }

    pub fn page(&mut self, page: usize) -> Result<&[i64]> {
        let is_loaded = self
            .loaded
            .as_ref()
            .is_some_and(|(loaded, _)| *loaded == page);
        if !is_loaded {
            let steps = self.read(page)?;
            self.loaded = Some((page, steps));
        }
        Ok(self.loaded.as_ref().map_or(&[], |(_, steps)| steps))
    }

    fn read(&mut self, page: usize) -> Result<Vec<i64>> {
        let segment = self.segment;
        let missing = || segment.input.damaged(0, "steps are missing");
        let (first, stride) = *segment.footer.steps.pages.get(page).ok_or_else(missing)?;
        let rows = self.rows_of(page);
        if let Some(stride) = stride {
            let step = |row: i64| first.wrapping_add(stride.wrapping_mul(row));
            return Ok((0..rows as i64).map(step).collect());
        }
        let uneven = self.uneven.as_mut().ok_or_else(missing)?;
        let steps = uneven.page(self.places[page])?;
        match steps.len() == rows {
            true => Ok(steps),
            false => Err(missing()),
        }
    }

    /// The first step of a page of rows and the distance of each to the next, where these are even
    /// and grow.
    pub fn even(&self, page: usize) -> Option<(i64, u64)> {
        let (first, stride) = self.segment.footer.steps.pages.get(page)?;
        let stride = u64::try_from((*stride)?)
            .ok()
            .filter(|stride| *stride > 0)?;
        Some((*first, stride))
    }

    pub fn step(&mut self, row: u32) -> Result<i64> {
        let (page, index) = (row as usize / PAGE_ROWS, row as usize % PAGE_ROWS);
        if let Some((first, Some(stride))) = self.segment.footer.steps.pages.get(page) {
            return Ok(first.wrapping_add(stride.wrapping_mul(index as i64)));
        }
        let step = self.page(page)?.get(index).copied();
        step.ok_or_else(|| self.segment.input.damaged(0, "steps are missing"))
    }
}
