#!/bin/sh
# Stands in for the operator: says what it was told and what it serves, then waits. METRICS is an address where
# something else answers; EXIT lets it fail at once.
echo "{\"message\":\"Arguments\",\"all\":\"$*\"}"
if [ -n "$EXIT" ]; then
    echo "it fails as it was told" >&2
    exit "$EXIT"
fi
echo '{"message":"Serving","listener":"boot","address":"127.0.0.1:7"}' >&2
echo "{\"fields\":{\"message\":\"Serving\",\"listener\":\"metrics\",\"address\":\"$METRICS\"}}"
exec sleep 600
