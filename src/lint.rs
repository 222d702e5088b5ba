//! lint. (Being built.)
