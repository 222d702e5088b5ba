//! graph. (Being built.)
