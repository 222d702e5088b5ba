//! A first topology file.
