#!/bin/sh
# lock.sh BIN: write the hashed requirements; they name versions and digests, never a registry.
# What is run has the very versions that the tests ran with.
set -eu
compile="$1/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-annotate"
$compile --extra dev --extra s3 --output-file requirements-dev.txt pyproject.toml scripts/build.in
$compile --constraint requirements-dev.txt --output-file requirements.txt pyproject.toml scripts/build.in
$compile --extra dev --extra s3 --extra bench --output-file requirements-bench.txt pyproject.toml scripts/build.in
