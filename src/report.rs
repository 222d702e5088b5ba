//! report. (Being built.)
