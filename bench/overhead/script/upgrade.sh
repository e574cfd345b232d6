#!/usr/bin/env bash
# The upgrade as an engineer would script it, with the same commands and the same reads of state as Crossfade makes. Anything that
# is wrong ends it where it is: no retreat, no resume, nobody to ask.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common kong backup traffic; do . "$HERE/$part.sh"; done
FOLDER=script/$UPGRADE
printf 'apikey: %s\n' "$DEMO_KEY" >"$WORK/key"
printf 'user = "%s:%s"\n' "$S3_KEY" "$S3_SECRET_KEY" >"$WORK/s3"

host() { # KONG VERSION STATE
  kong_alone "$1" version | grep -q "$2" || die "$1 is not Kong $2"
  [[ $(migrations "$1") == "$3" ]] || die "for Kong $2 the database is not $3"
}
host_of_y() { host "$KONG_Y" "$VERSION_Y" new; pg_dump --version >/dev/null; pg_restore --version >/dev/null; }
check() {
  host "$KONG_X" "$VERSION_X" clean & local x=$!
  host_of_y & local y=$!
  check_nodes "$VERSION_X" $X_NODES
  for node in $Y_NODES; do silent "$node" || die "something answers at $node"; done
  answered $X_NODES >/dev/null
  get "$(of x1 admin)/plugins?size=1000" | grep -q '"prometheus"' || die 'no prometheus plugin'
  sql -c "SELECT current_setting('max_connections'), count(*) FROM pg_stat_activity" >/dev/null
  wait "$x" && wait "$y"
}
fingerprint() { sql_file fingerprint | sha256sum; }
baseline() { sql_file fingerprint >"$WORK/baseline"; sql_file entities >"$WORK/entities"; }
unchanged() { sql_file fingerprint | cmp -s - "$WORK/baseline" || die 'the configuration was changed'; }
changed() { # what a migration changed by design
  sql_file fingerprint | cmp -s - "$WORK/baseline" || sql_file entities | diff "$WORK/entities" - >>"$WORK/migrated" || true
}

step preflight
check
test_nodes $X_NODES

step freeze
sql_file writers >"$WORK/writers"; fingerprint >"$WORK/quiet"
sql_file writers | cmp -s - "$WORK/writers" || die 'somebody writes configuration'
[[ $(fingerprint) == "$(<"$WORK/quiet")" ]] || die 'somebody writes configuration'
sql_file guard -v upgrade="$UPGRADE" -v migrator="$MIGRATOR"
admin_sql -c "CREATE ROLE $MIGRATOR NOLOGIN" -c "GRANT $PGUSER TO $MIGRATOR" \
  -c "ALTER ROLE $MIGRATOR IN DATABASE $PGDATABASE SET role = $PGUSER" \
  -c "ALTER ROLE $MIGRATOR IN DATABASE $PGDATABASE SET lock_timeout = '3s'"
[[ $(sql_file proof) == *'|0' ]] || die 'the guard lets writes in'
[[ $(sql_file state) == 1\|* ]] || die 'the guard does not stand'
baseline

step backup
dump_database
seal_backup
drill
check
[[ $(sql_file state) == 1\|* ]] || die 'the guard does not stand'
unchanged

step deploy
for node in $Y_NODES; do
  silent "$node" || die "something answers at $node"
  on "$node" "$KONG_Y" prepare >/dev/null
done

step migrate
unchanged
migrate up pending
changed; baseline
test_nodes $X_NODES
starting=(); for node in $Y_NODES; do start_node "$node" "$KONG_Y" "$VERSION_Y" & starting+=($!); done
for one in "${starting[@]}"; do wait "$one"; done
entities x1 >"$WORK/x1"
for node in $Y_NODES; do entities "$node" | cmp -s - "$WORK/x1" || die "$node shows other entities than x1"; done

step stage
test_nodes $Y_NODES
get -H @"$WORK/key" "$(of x1 proxy)/shop/orders" >"$WORK/answer"
for node in $Y_NODES; do
  get -H @"$WORK/key" "$(of "$node" proxy)/shop/orders" | grep -q '"method":"GET"' || die "$node answers differently"
done

step shift
for y in $STEPS; do
  unchanged
  check_nodes "$VERSION_X" $X_NODES
  check_nodes "$VERSION_Y" $Y_NODES
  set_state "$y"
  bake & baking=$!
  share "$y"
  wait "$baking"
done

guardrails() {
  [[ $(weight) == 100 ]] || die 'not all traffic is on Y'
  unchanged; backup_there
}
step finish
[[ $(migrations "$KONG_Y") == pending ]] || die 'nothing is pending'
rehearse
read -r before _ < <(answered $X_NODES)
guardrails & guarding=$!
sleep 3
wait "$guarding"
read -r after _ < <(answered $X_NODES)
((after == before)) || die 'requests still reach X'
stopping=(); for node in $X_NODES; do stop_node "$node" "$KONG_X" & stopping+=($!); done
for one in "${stopping[@]}"; do wait "$one"; done
guardrails
sql -c "INSERT INTO crossfade.seal (upgrade) VALUES ('$UPGRADE')"
migrate finish clean
changed; baseline
for node in $Y_NODES; do
  set_state 100 "$node"
  reload_node "$node" "$KONG_Y" "$VERSION_Y"
  test_node "$node"
  set_state 100
done

step thaw
sql_file unguard
admin_sql -c "REVOKE $PGUSER FROM $MIGRATOR" -c "DROP ROLE $MIGRATOR"
[[ $(sql_file state) == '0|0' ]] || die 'it is still frozen'
[[ $(sql_file proof) == 0\|* ]] || die 'writes are still refused'

step decommission
for node in $X_NODES; do silent "$node" || die "$node answers"; rm -rf "$(of "$node" prefix)"; done
sql -c 'UPDATE crossfade.seal SET closed_at = now()'
step completed
