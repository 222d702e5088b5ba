#!/usr/bin/env bash
# The programs beside Rust that the tests ask: the Linux kernel's filter tools, its namespaces, z3, Graphviz, and a browser with
# a Japanese font. Debian, as root.
set -euo pipefail

declare -A packages=([nft]=nftables [iptables-restore]=iptables [ip6tables-restore]=iptables [ipset]=ipset
  [conntrack]=conntrack [ip]=iproute2 [z3]=z3 [chromium]=chromium [pdftotext]=poppler-utils [dot]=graphviz)
missing=()
for program in "${!packages[@]}"; do
  command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
font=/usr/share/fonts/truetype/bizud-gothic
[[ -d $font ]] || missing+=(fonts-morisawa-bizud-gothic)
if ((${#missing[@]})); then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "${missing[@]}"
fi
for program in "${!packages[@]}"; do
  command -v "$program" >/dev/null || { echo "$program is missing" >&2; exit 1; }
done
