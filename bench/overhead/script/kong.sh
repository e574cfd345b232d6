# The kong commands: migrations and nodes.

# on NODE COMMAND...: with the environment of that node.
on() {
  local node=$1 proxy admin status prefix; shift
  proxy=$(of "$node" proxy) admin=$(of "$node" admin) status=$(of "$node" status) prefix=$(of "$node" prefix)
  KONG_PREFIX=$prefix KONG_PROXY_LISTEN=${proxy#http://} KONG_ADMIN_LISTEN=${admin#http://} \
    KONG_STATUS_LISTEN=${status#http://} "$@"
}

# kong_alone KONG ARGUMENTS...: a command that belongs to no node, with a prefix of its own.
kong_alone() {
  local prefix code=0; prefix=$(mktemp -d)
  KONG_PREFIX=$prefix "$@" || code=$?
  rm -rf "$prefix"
  return "$code"
}

# migrations KONG: `clean`, `pending` or `new`, by `list` and by `status`, which must agree.
migrations() {
  local code=0 status; status=$(mktemp)
  kong_alone "$1" migrations status >"$status" 2>&1 & local other=$!
  kong_alone "$1" migrations list >/dev/null 2>&1 || code=$?
  wait "$other" || die "kong migrations status failed: $(<"$status")"
  local found=clean
  if grep -q '"pending_migrations":\[{' "$status"; then found=pending; fi
  if grep -q '"new_migrations":\[{' "$status"; then found=new; fi
  rm -f "$status"
  case $code/$found in 0/clean | 4/pending | 5/new) echo "$found" ;; *) die "list ($code) and status ($found) disagree" ;; esac
}

no_migrator() {
  [[ $(sql -c "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = '$MIGRATOR'") == 0 ]]
}

# migrate COMMAND AFTER: `up` or `finish` as the migrator; what it said proves nothing.
migrate() {
  local command=$1 wanted=$2 password; password=$(openssl rand -hex 16)
  no_migrator || die 'a migrator has a session'
  printf "ALTER ROLE %s LOGIN PASSWORD '%s'" "$MIGRATOR" "$password" | admin_sql -f -
  local KONG_PG_USER=$MIGRATOR KONG_PG_PASSWORD=$password
  export KONG_PG_USER KONG_PG_PASSWORD
  migrations "$KONG_Y" >/dev/null
  sql -c "INSERT INTO crossfade.migration (command) VALUES ('$command')"
  kong_alone "$KONG_Y" migrations "$command" --db-timeout 3600 --lock-timeout 900 >"$WORK/$command.log" 2>&1 ||
    die "kong migrations $command: $(<"$WORK/$command.log")"
  poll 30 no_migrator || die 'the migrator still has a session'
  [[ $(migrations "$KONG_Y") == "$wanted" ]] || die "after $command the database is not $wanted"
  admin_sql -c "ALTER ROLE $MIGRATOR NOLOGIN PASSWORD NULL"
}

start_node() { # NODE KONG VERSION
  answers "$1" || on "$1" "$2" start >"$WORK/start.$1" 2>&1 || die "$1: $(<"$WORK/start.$1")"
  poll 3 answers "$1" || die "$1 was started and died"
  poll 180 ready "$1" || die "$1 is not ready: $(<"$WORK/ready.$1")"
  [[ $(version_of "$1") == "$3" ]] || die "$1 is not Kong $3"
}

stop_node() { # NODE KONG
  on "$1" "$2" quit --timeout 15 >"$WORK/stop.$1" 2>&1 || true
  poll 10 silent "$1" || die "$1 still answers: $(<"$WORK/stop.$1")"
}

workers() { get "$(of "$1" admin)/" | grep -o '"workers":\[[^]]*\]'; }
reloaded() { ready "$1" && [[ $(workers "$1") != "$2" ]]; }

reload_node() { # NODE KONG VERSION
  local before; before=$(workers "$1")
  on "$1" "$2" reload >"$WORK/reload.$1" 2>&1 || die "$1: $(<"$WORK/reload.$1")"
  poll 15 reloaded "$1" "$before" || die "$1 did not take its reload"
  [[ $(version_of "$1") == "$3" ]] || die "$1 is not Kong $3"
}

# The ids of everything that a node's Admin API shows; a kind that it does not know is left out.
entities() {
  local admin; admin=$(of "$1" admin)
  curl -s "$admin/"{services,routes,plugins,consumers,upstreams,certificates,snis,ca_certificates,vaults,keys,key-sets}'?size=1000' \
    "$admin/"{key-auths,basic-auths,hmac-auths,jwts,acls}'?size=1000' | grep -o '"id":"[^"]*"' | sort
}
