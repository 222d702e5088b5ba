//! report. (Being built.)

pub mod flows;
