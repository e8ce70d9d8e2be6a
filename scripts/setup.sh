#!/bin/sh
# setup.sh VENV REQUIREMENTS: a virtual environment that has just these requirements and feedstream.
# Right from any state: the stamp is written last and names what was installed.
set -eu
venv=$1
requirements=$2

python=
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "feedstream needs Python 3.11 or newer: install it, or name it with PYTHON=/path/to/python." >&2
    exit 1
fi

digest() {
    cat "$1" pyproject.toml | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}
stamp_of() {
    printf '%s\n' "$venv/.installed-$(basename "$1" .txt)"
}
# What was installed for development has all that running needs, and for benchmarks all of that.
case "$requirements" in
    requirements.txt) enough="requirements.txt requirements-dev.txt requirements-bench.txt" ;;
    requirements-dev.txt) enough="requirements-dev.txt requirements-bench.txt" ;;
    *) enough=$requirements ;;
esac
for have in $enough; do
    stamp=$(stamp_of "$have")
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(digest "$have")" ] && "$venv/bin/python" -c 'import feedstream' 2>/dev/null; then
        exit 0
    fi
done

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "Making $venv with $("$python" --version) …"
    rm -rf "$venv"
    if ! "$python" -m venv "$venv"; then
        echo "Python's venv module is missing: on Debian or Ubuntu, apt-get install python3-venv." >&2
        exit 1
    fi
fi
echo "Installing $requirements into $venv (hashes are checked) …"
rm -f "$venv"/.installed-*
"$venv/bin/python" -m pip install --quiet --require-hashes -r "$requirements"
"$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
digest "$requirements" > "$(stamp_of "$requirements")"
