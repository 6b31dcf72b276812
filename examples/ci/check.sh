#!/usr/bin/env bash
# Fail where the method has become worse: a case whose score is below LEAST (0.8 unless it is set).
#
#   examples/ci/check.sh                    from the root of the checkout
#   LEAST=0.9 examples/ci/check.sh
#
# Leaves scores.csv and scores.xml (JUnit) in OUT (results, unless it is set), also when it fails.
# The exit status is that of voxlogica: 0 all is well, 3 a score is too low, 1 a case could not be run.
set -euo pipefail
OUT=${OUT:-results}
mkdir -p "$OUT"

exec voxlogica run examples/study/score.imgql \
    --cases examples/ci/cases.csv \
    --params examples/ci/thresholds.json -D least="${LEAST:-0.8}" \
    --csv "$OUT/scores.csv" --junit "$OUT/scores.xml"
