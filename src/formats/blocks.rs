//! Structural reader of `config / edit / set / next / end` blocks. (Being built.)
