//! compile. (Being built.)
