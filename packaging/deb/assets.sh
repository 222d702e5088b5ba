#!/bin/sh
# Makes what the Debian package holds and no repository does: manual pages and completions, by the binary that they are about.
# Run it before `cargo deb`. Its argument is the binary; without one, the release is built.
set -eu
cd "$(dirname "$0")/../.."

if [ $# -gt 0 ]; then
  sekisho=$1
else
  cargo build --release --locked
  sekisho=target/release/sekisho
fi

to=target/deb-assets
rm -rf "$to"
mkdir -p "$to/man"
"$sekisho" man >"$to/man/sekisho.1"
# The page of the command lists those of its commands.
for command in $(sed -n 's/^sekisho\\-\([a-z\\-]*\)(1)$/\1/p' "$to/man/sekisho.1"); do
  "$sekisho" man "$command" >"$to/man/sekisho-$command.1"
done
"$sekisho" completions bash >"$to/sekisho.bash"
"$sekisho" completions zsh >"$to/_sekisho"
"$sekisho" completions fish >"$to/sekisho.fish"
