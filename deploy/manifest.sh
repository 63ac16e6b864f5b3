#!/bin/sh
# Makes a smaller package manifest out of the whole one, for images that are built in layers.
#
#   manifest.sh dependencies <Package.swift   one program that is nothing but all dependencies
#   manifest.sh programs <Package.swift       everything but the tests
set -eu

case "${1:-}" in
  dependencies)
    awk '
      /^let [A-Za-z]+ = product\(/ && $2 !~ /Testing$/ { names = names ", " $2 }
      /^  products: \[/ {
        print "  products: [.executable(name: \"dependencies\", targets: [\"Dependencies\"])],"
        skipping = 1
      }
      /^  dependencies: \[/ { skipping = 0 }
      /^  targets: \[/ {
        print "  targets: ["
        print "    .executableTarget(name: \"Dependencies\", dependencies: [" substr(names, 3) "])"
        print "  ],"
        skipping = 1
      }
      /^  cxxLanguageStandard/ { skipping = 0 }
      !skipping { print }
    '
    ;;
  programs)
    awk '
      /^    \/\/ Tests$/ { skipping = 1 }
      /^  \],$/ { skipping = 0 }
      !skipping { print }
    '
    ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
